//! The act that issues result letters, numbered in order, to the stations that have none.

use serde_json::json;

use super::store;
use crate::{
    db::{Entry, Tx},
    features::evaluation::evaluations::{self, Round, State as Progress},
    kernel::Result,
};

/// Issues letters, with consecutive numbers, to all stations of a final round that have none.
/// Returns the number issued; a number already in use is a problem at `prefix`.
pub async fn issue_letters(tx: &mut Tx, round: &Round, prefix: &str) -> Result<u64> {
    let has = store::letters(tx, round.id, None).await?;
    let subjects = evaluations::subjects(tx, round.id).await?;
    let open = subjects.iter().filter(|one| one.state != Progress::Excluded);
    let open = open.filter(|one| !has.iter().any(|letter| letter.evaluation == one.id));
    let new: Vec<_> =
        (has.len() + 1..).zip(open).map(|(nth, one)| (one.id, one.station, format!("{prefix}{nth}号"))).collect();
    let issued = store::issue(tx, round.id, &new).await?;
    let numbers: Vec<_> = new.iter().map(|(id, _, number)| (id, number)).collect();
    let entry = Entry::new("出具结果通知书", "evaluation_round", round.id, &round.name);
    tx.record(entry.after(json!({ "letters": numbers }))).await?;
    Ok(issued)
}
