//! Annual evaluations of stations (年度评估): rounds, the stations in each round, their
//! self-scores and the evidence for them.
//!
//! ```text
//! scheduled ▶ self_scoring ▶ submitted ▶ on_site ▶ scored ▶ moderated
//!                  ▲─ return ─┘             ▲─ reopen ┘▲ reconsider ┘
//! moderated ▶ public_notice ▶ appeals ▶ final ▶ archived
//! ```
//!
//! No step is skipped. Until the release a station may leave the round, with a reason. A
//! round belongs to one place and one year and uses one published version of a rubric. It
//! also sets the number of scorers per station, how their scores are combined, and the
//! grades. At each line the station gives an answer, a remark and evidence; most evidence
//! is already in the system (reports, documents, projects). The system fills in the lines
//! bound to its figures when self-scoring opens, when the station asks, and on submission.
//!
//! `panels` decides the seats on a panel; `scoring` handles its scores and the results.

mod model;
mod pages;
mod store;

pub use model::{Band, Combination, Figure, Plan, Round, Stage, State, Step, Typed};
pub use pages::{Part, begin_self_scores, head_of, leads, led_round, parts_of};
pub use store::{
    Evaluation, Evidence, Mark, OwnAnswer, add, extend, figures, find, find_round, invite, keep_seed, mark, of_station,
    own, own_answers, put_answers, put_summary, set_visit, step, step_all, subjects,
};

use crate::{
    access::Act::{ReadEvaluations, RunEvaluations, ScoreOwnStation},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    use pages::{evidence, own, rounds, show, write};
    Routes::default()
        .get("/evaluations", May(ReadEvaluations), rounds::index)
        .get("/evaluations/rounds/new", May(RunEvaluations), write::new)
        .post("/evaluations/rounds", May(RunEvaluations), write::create)
        .get("/evaluations/rounds/{id}", May(ReadEvaluations), rounds::show)
        .post("/evaluations/rounds/{id}/export", May(ReadEvaluations), rounds::export)
        .get("/evaluations/rounds/{id}/edit", May(RunEvaluations), write::edit)
        .post("/evaluations/rounds/{id}", May(RunEvaluations), write::update)
        .post("/evaluations/rounds/{id}/stations", May(RunEvaluations), write::invite)
        .post("/evaluations/rounds/{id}/opening", May(RunEvaluations), write::open)
        .post("/evaluations/rounds/{id}/removal", May(RunEvaluations), write::remove)
        .get("/evaluations/{id}", May(ReadEvaluations), show::show)
        .post("/evaluations/{id}/removal", May(RunEvaluations), write::uninvite)
        .post("/evaluations/{id}/extension", May(RunEvaluations), show::extend)
        .post("/evaluations/{id}/moves", May(RunEvaluations), show::advance)
        .get("/evaluations/{id}/print", May(ReadEvaluations), show::print)
        .get("/evaluations/{id}/files/{file}", May(ReadEvaluations), evidence::file)
        .get("/evaluations/{id}/self/{code}", May(ScoreOwnStation), own::edit)
        .post("/evaluations/{id}/self/{code}", May(ScoreOwnStation), own::save)
        .post("/evaluations/{id}/figures", May(ScoreOwnStation), own::refresh)
        .get("/evaluations/{id}/evidence/{code}", May(ScoreOwnStation), evidence::show)
        .post("/evaluations/{id}/evidence/{code}", May(ScoreOwnStation), evidence::pick)
        .upload("/evaluations/{id}/evidence/{code}/files", May(ScoreOwnStation), evidence::upload)
        .post("/evaluations/{id}/evidence/{code}/{seq}/removal", May(ScoreOwnStation), evidence::remove)
        .get("/evaluations/{id}/submission", May(ScoreOwnStation), own::check)
        .post("/evaluations/{id}/submission", May(ScoreOwnStation), own::submit)
}
