//! Rubrics, their lines, and the value of an answer at a line. Pure.

mod compare;
mod form;
mod scale;
mod tree;

pub use compare::{Change, compare};
pub use form::LineForm;
pub use scale::{Answer, Asks, Method};
pub use tree::{Grade, Kind, LOWEST_GRADE, Line, Rubric, Source, State, TOTAL_ZERO};
