//! Statements behind monthly reports: one report, its steps, lists and bulk work.

mod around;
mod bulk;
mod list;
mod record;
mod steps;
mod write;

pub use around::{Around, RoomReport, around};
pub use bulk::{OPEN, PastStep, Recorded, freeze, open_months, record_many};
pub use list::{
    BATCH, Counts, Filter, Fresh, MatrixRow, Neighbours, Own, Row, Tab, batch, counts, fresh, mark_read, matrix,
    neighbours, own, page, rows,
};
pub use record::{Report, find};
pub use steps::{Round, Said, StepRow, round_before, step, steps};
pub use write::{attach, begin, detach, extend, hand_out, known, save, workers};
