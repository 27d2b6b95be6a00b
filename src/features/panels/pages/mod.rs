//! Screens.

pub mod evaluators;
pub mod panel;
pub mod recusals;

use crate::{
    db::Tx,
    features::evaluations::{self, Evaluation, Round},
    kernel::{Error, EvaluationId, Result, RoundId},
    web::Visit,
};

/// A round that this person leads.
async fn led_round(tx: &mut Tx, visit: &Visit, id: RoundId) -> Result<Round> {
    let round = evaluations::find_round(tx, id).await?;
    if evaluations::leads(visit, &round) { Ok(round) } else { Err(Error::NotFound) }
}

/// An evaluation of a round that this person leads.
async fn led(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<(Evaluation, Round)> {
    let evaluation = evaluations::find(tx, id).await?;
    let round = led_round(tx, visit, evaluation.round).await?;
    Ok((evaluation, round))
}
