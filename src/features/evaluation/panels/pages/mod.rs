//! Pages for evaluators, recusals and panels.

pub mod evaluators;
pub mod panel;
pub mod recusals;

use crate::{
    db::Tx,
    features::evaluation::evaluations::{self, Evaluation, Round, led_round},
    kernel::{EvaluationId, Result},
    web::Visit,
};

/// Loads an evaluation and its round; fails unless the visitor leads the round.
async fn led(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<(Evaluation, Round)> {
    let evaluation = evaluations::find(tx, id).await?;
    let round = led_round(tx, visit, evaluation.round).await?;
    Ok((evaluation, round))
}
