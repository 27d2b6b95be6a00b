//! Pages for orders, plaques, letters and the evaluation report of a final round.

pub mod letters;
pub mod orders;
pub mod plaques;
pub mod report;

use crate::{
    db::Tx,
    features::evaluation::evaluations::{self, Round, Stage},
    kernel::{Error, Result, RoundId},
    web::Visit,
};

/// Loads a final round that the visitor leads and opens its scores.
async fn led_final(tx: &mut Tx, visit: &Visit, id: RoundId) -> Result<Round> {
    let round = evaluations::led_round(tx, visit, id).await?;
    if !matches!(round.stage(), Stage::Final | Stage::Archived) {
        return Err(Error::refused("这一轮还没有定稿。定稿以后才能下达整改、授牌、出具结果通知书和评估报告。"));
    }
    tx.lead_round(id).await?;
    Ok(round)
}
