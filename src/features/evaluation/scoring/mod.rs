//! Scoring (评分), moderation (合议), results and appeals (复核).
//!
//! A panel member scores the stations they have a seat for, one line at a time, next to the
//! station's own answers. Nobody sees another member's scores until all have submitted. The
//! committee settles lines whose scores are too far apart, with a written reason.
//! `model::outcome` defines how scores become a total and a grade; the same inputs give the
//! same result, byte for byte.
//!
//! Until the release, only a round's leaders see its scores and results, and panel members
//! see their own scores; row level security policies on the tables enforce this. The release
//! is a single act: grades within quotas, ranks among peers, one audit row. Stations may then
//! appeal line by line until a deadline; somebody who did not score the line decides, and the
//! database refuses anyone else. Both results are kept, and the final one counts. An upheld
//! appeal changes the station's own total, rank and grade, and lowers nobody else's grade.

mod model;
mod moderate;
mod pages;
mod release;
mod store;
mod todo;

pub use model::{Outcome, top_lines};
pub use moderate::{disputed, settle_station};
pub use pages::released;
pub use release::{archive_round, finalize_round, hear_round, release_round};
pub use store::{NewScore, ResultRow, appeal, decide_appeal, put_scores, results, settle, value_of};
pub use todo::todo;

use crate::{
    access::Act::{ReadEvaluations, RunEvaluations, ScoreOwnStation, ScoreStations},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    use pages::{appeals, moderation, queue, result, results, sheet};
    Routes::default()
        .get("/scoring", May(ScoreStations), sheet::index)
        .get("/evaluations/{id}/sheet", May(ScoreStations), sheet::show)
        .get("/evaluations/{id}/sheet/print", May(ScoreStations), sheet::print)
        .post("/evaluations/{id}/sheet/submission", May(ScoreStations), sheet::submit)
        .get("/evaluations/{id}/sheet/{code}", May(ScoreStations), sheet::edit)
        .post("/evaluations/{id}/sheet/{code}", May(ScoreStations), sheet::save)
        .post("/evaluations/{id}/scores", May(ScoreStations), queue::send)
        .get("/evaluations/{id}/moderation", May(RunEvaluations), moderation::show)
        .post("/evaluations/{id}/moderation", May(RunEvaluations), moderation::finish)
        .post("/evaluations/{id}/moderation/{code}", May(RunEvaluations), moderation::settle)
        .post("/evaluations/{id}/moderation/return", May(RunEvaluations), moderation::step_back)
        .get("/stations/{id}/evaluations", May(ReadEvaluations), result::of_station)
        .get("/evaluations/{id}/result", May(ReadEvaluations), result::show)
        .get("/evaluations/{id}/appeals", May(ReadEvaluations), appeals::show)
        .upload("/evaluations/{id}/appeals", May(ScoreOwnStation), appeals::ask)
        .post("/evaluations/{id}/appeals/{code}/decision", May(RunEvaluations), appeals::decide)
        .get("/evaluations/rounds/{id}/results", May(ReadEvaluations), results::show)
        .post("/evaluations/rounds/{id}/results/export", May(RunEvaluations), results::export)
        .post("/evaluations/rounds/{id}/release", May(RunEvaluations), results::release)
        .post("/evaluations/rounds/{id}/moves", May(RunEvaluations), results::advance)
}
