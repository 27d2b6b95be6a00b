//! What goes out of a round that is final: rectification orders, plaques (授牌), result
//! letters (结果通知书) with a code that anybody can check, and the evaluation report.
//!
//! All of it is made of results that are final, so nothing here is seen before the release,
//! and nothing that follows changes it. Who leads the round makes it; orders go to their
//! station, plaques are public in the network, a letter is read by who reaches its station,
//! and its code is checked by whoever holds it, without signing in: number, station, grade
//! and total, nothing else.

mod model;
mod pages;
mod report;
mod store;

pub use pages::{award_plaques, issue_letters, low_lines};

use crate::{
    access::Act::{ReadEvaluations, RunEvaluations},
    web::{
        Routes,
        Who::{Anyone, May},
    },
};

pub fn routes() -> Routes {
    use pages::{letters, orders, plaques, report};
    Routes::default()
        .get("/evaluations/rounds/{id}/rectifications", May(RunEvaluations), orders::show)
        .post("/evaluations/rounds/{id}/rectifications", May(RunEvaluations), orders::issue)
        .get("/evaluations/rounds/{id}/plaques", May(ReadEvaluations), plaques::show)
        .post("/evaluations/rounds/{id}/plaques", May(RunEvaluations), plaques::award)
        .post("/evaluations/rounds/{id}/plaques/export", May(ReadEvaluations), plaques::export)
        .post("/evaluations/{id}/plaque/revocation", May(RunEvaluations), plaques::revoke)
        .get("/evaluations/rounds/{id}/letters", May(RunEvaluations), letters::show)
        .post("/evaluations/rounds/{id}/letters", May(RunEvaluations), letters::issue)
        .get("/evaluations/{id}/letter", May(ReadEvaluations), letters::letter)
        .get("/letters/{network}", Anyone, letters::check)
        .post("/evaluations/rounds/{id}/report", May(RunEvaluations), report::export)
}
