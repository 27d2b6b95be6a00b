//! The act that closes a survey and writes what it came to into the lines bound to it.

use serde_json::json;

use super::{model::answer, store};
use crate::{
    db::{Entry, Tx},
    features::evaluation::{
        evaluations::{self, OwnAnswer, Round, State},
        rubrics,
    },
    kernel::{Error, Result},
};

/// Closes a round's survey and writes its results into the rubric lines bound to it, for all
/// stations not scored yet. The round's scores must be open. Returns the number of stations
/// updated.
pub async fn close_survey(tx: &mut Tx, round: &Round, version: i32) -> Result<usize> {
    if !store::close(tx, round.id, version).await? {
        return Err(Error::refused("刚才有人改过或结束了这次调查。请刷新后再看。"));
    }
    let rubric = rubrics::find(tx, round.rubric).await?;
    let bound: Vec<_> = rubric.leaves().filter_map(|line| Some((line, line.source?))).collect();
    let results = store::surveyed(tx, round.id, None, (3000, 0)).await?;
    let subjects = evaluations::subjects(tx, round.id).await?;
    let takes =
        |state: State| matches!(state, State::Scheduled | State::SelfScoring | State::Submitted | State::OnSite);
    let (mut answers, mut reached) = (vec![], 0);
    for one in subjects.iter().filter(|one| takes(one.state)) {
        let Some(row) = results.iter().find(|row| row.id == one.id) else { continue };
        let tallies = row.tallies();
        reached += 1;
        for (line, source) in &bound {
            let Some((answer, figure)) = answer(*source, &tallies, round) else { continue };
            let points = line.value(&answer).ok();
            let code = line.code.clone();
            answers.push((one, OwnAnswer { code, answer, points, words: String::new(), figure }));
        }
    }
    evaluations::put_answers(tx, rubric.id, &answers).await?;
    let after = json!({ "stations": reached, "lines": answers.len() });
    tx.record(Entry::new("结束满意度调查", "evaluation_round", round.id, &round.name).after(after)).await?;
    Ok(reached)
}
