//! Pages of rounds and evaluations, the tabs they share and the check for a round's leader.

pub mod evidence;
pub mod own;
pub mod rounds;
pub mod show;
pub mod write;

pub use write::begin_self_scores;

use super::{
    model::{Round, State},
    store::{self, Evaluation},
};
use crate::{
    access::{Act, Role},
    db::Tx,
    features::evaluation::rubrics::{self, Rubric},
    kernel::{Error, EvaluationId, Result, RoundId},
    web::{Chrome, Visit},
};

/// A tab of an evaluation's pages: path suffix and label.
pub type Part = (&'static str, &'static str);

/// The tabs of an evaluation that the visitor sees.
pub fn parts_of(chrome: &Chrome, state: State, leads: bool) -> Vec<Part> {
    let mut parts = vec![("", "自评")];
    if chrome.may(Act::ScoreStations) && !matches!(state, State::Scheduled | State::SelfScoring | State::Submitted) {
        parts.push(("/sheet", "评分"));
    }
    if leads {
        parts.push(("/panel", "专家"));
        // Scores stay hidden until the whole panel has submitted, even from the round's leaders.
        if matches!(state, State::Scored | State::Moderated) || state.is_released() {
            parts.push(("/moderation", "合议"));
        }
    }
    if leads || state.is_released() {
        parts.push(("/survey", "满意度"));
    }
    if chrome.role() == Some(Role::StationHead) && !state.is_released() && state != State::Excluded {
        parts.push(("/recusals", "申请回避"));
    }
    if state.is_released() {
        parts.extend([("/result", "结果"), ("/appeals", "复核")]);
    }
    parts
}

/// Loads the header of an evaluation's pages: the evaluation, its round and the tabs.
pub async fn head_of(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<(Evaluation, Round, Vec<Part>)> {
    let evaluation = store::find(tx, id).await?;
    let round = store::find_round(tx, evaluation.round).await?;
    let parts = parts_of(&visit.chrome(), evaluation.state, leads(visit, &round));
    Ok((evaluation, round, parts))
}

/// True if the visitor leads the round: has the right and reaches the round's whole place.
pub fn leads(visit: &Visit, round: &Round) -> bool {
    let reach = &visit.visitor.scope.reach;
    visit.visitor.role.may(Act::RunEvaluations) && reach.stations.is_none() && reach.division.contains(&round.division)
}

/// Loads a round; `NotFound` unless the visitor leads it.
pub async fn led_round(tx: &mut Tx, visit: &Visit, id: RoundId) -> Result<Round> {
    let round = store::find_round(tx, id).await?;
    if leads(visit, &round) { Ok(round) } else { Err(Error::NotFound) }
}

/// Loads an evaluation with its round and rubric.
async fn whole(tx: &mut Tx, id: EvaluationId) -> Result<(Evaluation, Round, Rubric)> {
    let evaluation = store::find(tx, id).await?;
    let round = store::find_round(tx, evaluation.round).await?;
    let rubric = rubrics::find(tx, round.rubric).await?;
    Ok((evaluation, round, rubric))
}
