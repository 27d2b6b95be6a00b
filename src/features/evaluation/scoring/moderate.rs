//! The act that ends a station's moderation, and the lines that stand in its way.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    model::{Column, calculate, is_disputed},
    store::{self, NewResult},
};
use crate::{
    db::{Entry, Tx},
    features::evaluation::{
        evaluations::{self, Evaluation, Round, Step},
        rubrics::{Line, Rubric},
    },
    kernel::{Error, EvaluationId, Points, Result},
};

/// Disputed lines of an evaluation that are not settled yet, each with the median score. The
/// visitor must lead the round.
pub async fn disputed(tx: &mut Tx, rubric: &Rubric, round: &Round, id: EvaluationId) -> Result<Vec<(String, Points)>> {
    let columns = store::columns(tx, round.id, Some(id)).await?.remove(&id).unwrap_or_default();
    Ok(open_lines(rubric, round, &columns))
}

pub(super) fn open_lines(rubric: &Rubric, round: &Round, columns: &BTreeMap<String, Column>) -> Vec<(String, Points)> {
    let open = |line: &&Line| {
        let column = columns.get(&line.code);
        column.is_some_and(|column| column.committee.is_none() && is_disputed(line, &column.scorers, round.spread_bp))
    };
    let middle = |line: &Line| {
        let mut scores = columns.get(&line.code).map(|column| column.scorers.clone()).unwrap_or_default();
        scores.sort_unstable();
        scores.get(scores.len() / 2).copied().unwrap_or_default()
    };
    rubric.leaves().filter(open).map(|line| (line.code.clone(), middle(line))).collect()
}

/// Ends a station's moderation: computes its result and saves it under the embargo. Refuses
/// while a disputed line is not settled. The visitor must lead the round.
pub async fn settle_station(tx: &mut Tx, evaluation: &mut Evaluation, round: &Round, rubric: &Rubric) -> Result<()> {
    let id = evaluation.id;
    let columns = store::columns(tx, round.id, Some(id)).await?.remove(&id).unwrap_or_default();
    let open: Vec<String> = open_lines(rubric, round, &columns).into_iter().map(|(code, _)| code).collect();
    if !open.is_empty() {
        return Err(Error::refused(format!("还有 {} 项分差太大，没有合议：{}。", open.len(), open.join("、"))));
    }
    let outcome = calculate(rubric, (&round.bands, round.combination), &columns);
    evaluations::step(tx, evaluation, Step::Moderate, "").await?;
    let result = NewResult {
        of: id,
        station: evaluation.station,
        division: evaluation.division.to_string(),
        total: outcome.total,
        grade: outcome.grade.clone(),
        rank: None,
        outcome,
    };
    let after = json!({ "settled": columns.values().filter(|column| column.committee.is_some()).count() });
    store::keep_results(tx, round.id, ("first", false), &[result]).await?;
    tx.record(Entry::new("完成合议", "evaluation", id, &evaluation.station_name).after(after)).await
}
