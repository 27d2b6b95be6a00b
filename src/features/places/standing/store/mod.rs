//! Statements behind final grades and rectification orders.

mod grades;
mod orders;

pub use grades::{Held, NewGrade, PastGrade, grades, holds, put_grades};
pub use orders::{
    Filter, NewOrder, OpenOrder, Order, Row, StepRow, find, issue, list, of_year, open_of, ordered, page, step, steps,
};
