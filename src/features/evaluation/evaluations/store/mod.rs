//! Statements behind rounds, evaluations, self-scores, evidence and the system's figures.

mod answers;
mod figures;
mod rounds;
mod subjects;

pub use answers::{
    Evidence, Offered, OwnAnswer, add_evidence, files_of, offered, own, own_answers, put_answers, put_summary,
    remove_evidence,
};
pub use figures::figures;
pub use rounds::{Mark, RoundRow, YearFilter, add, change, find_round, has_moderated, keep_seed, mark, page, remove};
pub use subjects::{
    Evaluation, Filter, Row, StepRow, extend, find, invite, of_station, progress, rows, set_visit, step, step_all,
    steps, subjects, uninvite,
};
