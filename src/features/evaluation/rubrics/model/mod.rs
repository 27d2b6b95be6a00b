//! What a rubric is, and what an answer at one of its lines is worth. Pure.

mod compare;
mod form;
mod scale;
mod tree;

pub use compare::{Change, compare};
pub use form::LineForm;
pub use scale::{Answer, Asks, Method};
pub use tree::{Grade, Kind, LOWEST_GRADE, Line, Rubric, Source, State, TOTAL_ZERO};
