//! The act that awards plaques to the stations of a final round, by grade and rank.

use serde_json::json;

use super::store::{self, NewPlaque};
use crate::{
    db::{Entry, Tx},
    features::evaluation::{
        evaluations::{self, Round},
        scoring,
    },
    kernel::{Day, EvaluationId, Result},
};

/// Awards plaques, by rank, to all stations of a final round with these grades. The round's
/// scores must be open. Returns the number awarded.
pub async fn award_plaques(tx: &mut Tx, round: &Round, grades: &[String], days: (Day, Option<Day>)) -> Result<u64> {
    let has = store::plaques(tx, round.id).await?;
    let subjects = evaluations::subjects(tx, round.id).await?;
    let mut results = scoring::results(tx, round.id, None).await?;
    results.retain(|row| grades.contains(&row.grade) && !has.iter().any(|plaque| plaque.evaluation == row.evaluation));
    results.sort_by_key(|row| std::cmp::Reverse(row.total));
    let station = |id: EvaluationId| subjects.iter().find(|one| one.id == id).map(|one| one.station);
    let new: Vec<_> = (has.len() + 1..)
        .zip(&results)
        .filter_map(|(nth, row)| {
            let station_id = station(row.evaluation)?;
            let number = format!("{}-{nth:03}", round.year);
            Some(NewPlaque { evaluation_id: row.evaluation, station_id, grade: row.grade.clone(), number })
        })
        .collect();
    let awarded = store::award(tx, round.id, &new, days).await?;
    let after = json!({ "grades": grades, "awarded_on": days.0, "valid_until": days.1, "plaques": new });
    tx.record(Entry::new("授牌", "evaluation_round", round.id, &round.name).after(after)).await?;
    Ok(awarded)
}
