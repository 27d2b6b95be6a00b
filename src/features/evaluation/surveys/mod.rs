//! Satisfaction surveys (满意度调查) of a round of evaluation.
//!
//! Three parties are asked about each station: clients, purchasers (township, street,
//! village committees), executors (who works there). Whoever leads the round says when, and
//! what is asked; each question takes five steps from 很不满意 (1) to 很满意 (5), or 说不清.
//! Answers come in two ways: by slip, a printed code that opens the questions once, without
//! signing in; or typed from paper, telephone and interviews by who leads the round.
//!
//! **Nobody can be told by an answer.** Of a slip's token only a hash is kept; an answer has
//! no column for its slip, its hour or its address, and its audit row and the request log name
//! neither account nor address. Answers open with the scores of the
//! round only (`db/open.rs`), and what they come to is computed once, when the survey is
//! closed: of a party with fewer than five answers only how many they are.
//!
//! Satisfaction is the sum of all ratings over five times their number, so a party that says
//! 一般 throughout has 60 %. A station's satisfaction as a whole weighs the parties that have
//! a result by the round's weights. Closing puts both at the lines of the rubric that are
//! bound to them, at all stations that are not scored yet.

mod model;
mod pages;
mod store;

pub use model::{Channel, Party, Ratings, SurveyPlan};
pub use pages::close_survey;
pub use store::{Said, add, put_answers, satisfaction, top_up};

use crate::{
    access::Act::{ReadEvaluations, RunEvaluations},
    web::{
        Routes,
        Who::{Anyone, May},
    },
};

pub fn routes() -> Routes {
    use pages::{answer, round, station};
    Routes::default()
        .get("/evaluations/rounds/{id}/survey", May(RunEvaluations), round::show)
        .post("/evaluations/rounds/{id}/survey", May(RunEvaluations), round::save)
        .get("/evaluations/rounds/{id}/survey/edit", May(RunEvaluations), round::edit)
        .post("/evaluations/rounds/{id}/survey/slips", May(RunEvaluations), round::top_up)
        .post("/evaluations/rounds/{id}/survey/closing", May(RunEvaluations), round::close)
        .post("/evaluations/rounds/{id}/survey/export", May(RunEvaluations), round::export)
        .get("/evaluations/{id}/survey", May(ReadEvaluations), station::show)
        .get("/evaluations/{id}/survey/{party}/slips", May(RunEvaluations), station::slips)
        .post("/evaluations/{id}/survey/{party}/slips", May(RunEvaluations), station::top_up)
        .get("/evaluations/{id}/survey/{party}/paper", May(RunEvaluations), station::paper)
        .get("/evaluations/{id}/survey/{party}/entry", May(RunEvaluations), station::entry)
        .post("/evaluations/{id}/survey/{party}/entry", May(RunEvaluations), station::enter)
        .get("/survey/{network}/{token}", Anyone, answer::show)
        .post("/survey/{network}/{token}", Anyone, answer::create)
}
