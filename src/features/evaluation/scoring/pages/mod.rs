//! Pages for score sheets, moderation, results and appeals.

pub mod appeals;
pub mod moderation;
pub mod queue;
pub mod result;
pub mod results;
pub mod sheet;

pub use result::released;

use crate::{
    db::Tx,
    features::evaluation::{
        evaluations::{self, Evaluation, Round},
        rubrics::{self, Rubric},
    },
    kernel::{EvaluationId, Result, RoundId},
    web::Visit,
};

/// Loads a round that the visitor leads and opens its scores.
async fn led_round(tx: &mut Tx, visit: &Visit, id: RoundId) -> Result<Round> {
    let round = evaluations::led_round(tx, visit, id).await?;
    tx.lead_round(id).await?;
    Ok(round)
}

/// Loads an evaluation of a round that the visitor leads and opens its scores.
async fn led(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<(Evaluation, Round, Rubric)> {
    let evaluation = evaluations::find(tx, id).await?;
    let round = led_round(tx, visit, evaluation.round).await?;
    let rubric = rubrics::find(tx, round.rubric).await?;
    Ok((evaluation, round, rubric))
}
