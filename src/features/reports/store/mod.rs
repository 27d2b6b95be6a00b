//! Queries of reports, and nothing else.

mod bulk;
mod list;
mod record;
mod steps;

pub use bulk::{OPEN, PastStep, Recorded, freeze, open_months, record_many};
pub use list::{
    BATCH, Counts, Filter, Fresh, MatrixRow, Neighbours, Own, Row, Tab, batch, counts, fresh, mark_read, matrix,
    neighbours, own, page, rows,
};
pub use record::{
    Around, Report, RoomReport, around, attach, begin, detach, extend, find, hand_out, known, save, workers,
};
pub use steps::{Round, Said, StepRow, round_before, step, steps};
