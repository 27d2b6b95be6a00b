//! What a rubric is, and what an answer at one of its lines is worth. Pure.

mod compare;
mod scale;
mod tree;

pub use compare::{Change, compare};
pub use scale::{Answer, Asks, Method};
pub use tree::{Grade, Kind, LOWEST_GRADE, Line, LineForm, Rubric, Source, State, TOTAL_ZERO};
