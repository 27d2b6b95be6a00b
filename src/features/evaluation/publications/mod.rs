//! The products of a final round: rectification orders, plaques (授牌), result letters
//! (结果通知书) with a code that anybody can check, and the evaluation report.
//!
//! All of them use final results only, so nothing leaks before the release and nothing here
//! changes a result. The round's leader issues them. Orders go to the station; plaques are
//! public in the network; anyone who reaches the station may read its letter. The letter's
//! code works without signing in and shows number, station, round, grade and total only.

mod award;
mod issue;
mod model;
mod pages;
mod report;
mod store;
mod weak;

pub use award::award_plaques;
pub use issue::issue_letters;
pub use weak::low_lines;

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
