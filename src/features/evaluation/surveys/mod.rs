//! Satisfaction surveys (满意度调查) of a round of evaluation.
//!
//! Three parties answer about each station: clients, purchasers (township, street and village
//! committees) and executors (the station's staff). The round's leader sets the dates and the
//! questions; each question has five steps from 很不满意 (1) to 很满意 (5), or 说不清. Answers
//! arrive in two ways: by slip, a printed code that opens the questions once without signing
//! in, or typed by the round's leader from paper, telephone and interviews.
//!
//! **No answer reveals its author.** The database keeps only a hash of a slip's token. An
//! answer has no column for its slip, time or address, and its audit row and the request log
//! hold neither account nor address. Only opening the round's scores opens the answers
//! (`db/open.rs`). Results are computed once, when the survey closes; for a party with fewer
//! than five answers only their number is kept.
//!
//! Satisfaction is the sum of all ratings over five times their number, so a party that
//! answers 一般 throughout has 60 %. The station's overall satisfaction weights the parties
//! that have a result by the round's weights. Closing writes both into the rubric lines bound
//! to them, for all stations that are not scored yet.

mod close;
mod model;
mod pages;
mod store;

pub use close::close_survey;
pub use model::{Channel, Party, Ratings, SurveyPlan};
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
