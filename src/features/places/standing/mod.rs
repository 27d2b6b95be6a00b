//! What is made of results (结果运用), as far as others must know of it: final grades with
//! what they hold back, and rectification orders (整改).
//!
//! A station's final grade is written down here when its round is final, for who must not
//! read rounds: a payment or a contract of a project asks [`holds`]. The lowest grade of a
//! round holds payments back until all that it ordered is closed, and a contract with the
//! agency that carried the station's projects out that year for as long, where the round
//! says so.
//!
//! ```text
//! ordered ▶ planned ▶ reported ▶ closed       withdrawn ◀ (any before closed)
//!              ▲─ return ─┘
//! ```
//!
//! An order comes of a line of a released result: what was found, what is asked for, until
//! when. The station says how it means to mend it, then reports with proof; who ordered it
//! checks again, closes it or returns it with a new day. What is open shows again in the
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
