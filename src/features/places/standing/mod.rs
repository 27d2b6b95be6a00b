//! The use of results (结果运用), as far as other features must know of it: final grades with the
//! payments and contracts they hold back, and rectification orders (整改).
//!
//! A station's final grade is copied here when its evaluation round becomes final, for features
//! that must not read rounds: a payment or a contract asks [`holds`]. If the round says so, its
//! lowest grade holds back payments until all orders it led to are closed, and for as long also
//! contracts with the agency that ran projects at the station that year.
//!
//! ```text
//! ordered ▶ planned ▶ reported ▶ closed       withdrawn ◀ (any before closed)
//!              ▲─ return ─┘
//! ```
//!
//! An order comes from a line of a released result: the finding, the demand and a due date. The
//! station submits its measures, then reports with proof; the officers who lead evaluations check
//! again, and close the order or return it with a new due date. An open order shows up in the
//! station's next evaluation, at the line with the same code and as a figure.

mod model;
mod pages;
mod store;

pub use model::{OrderState, OrderStep};
pub use store::{
    Held, NewGrade, NewOrder, OpenOrder, Order, PastGrade, find, grades, holds, issue, of_year, open_of, ordered,
    put_grades, step,
};

use crate::{
    access::Act::{ReadEvaluations, RunEvaluations, ScoreOwnStation},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    use pages::{list, order};
    Routes::default()
        .get("/rectifications", May(ReadEvaluations), list::index)
        .post("/rectifications/export", May(ReadEvaluations), list::export)
        .get("/rectifications/{id}", May(ReadEvaluations), order::show)
        .post("/rectifications/{id}/measures", May(ScoreOwnStation), order::plan)
        .upload("/rectifications/{id}/report", May(ScoreOwnStation), order::report)
        .post("/rectifications/{id}/moves", May(RunEvaluations), order::advance)
        .get("/rectifications/{id}/files/{file}", May(ReadEvaluations), order::file)
}
