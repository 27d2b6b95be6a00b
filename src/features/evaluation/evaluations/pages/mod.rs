//! Screens.

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

/// A tab of an evaluation's pages: what follows its path, and its name.
pub type Part = (&'static str, &'static str);

/// The tabs that a role has at an evaluation.
pub fn parts_of(chrome: &Chrome, state: State, leads: bool) -> Vec<Part> {
    let mut parts = vec![("", "自评")];
    if chrome.may(Act::ScoreStations) && !matches!(state, State::Scheduled | State::SelfScoring | State::Submitted) {
        parts.push(("/sheet", "评分"));
    }
    if leads {
        parts.push(("/panel", "专家"));
        // Before all have submitted nobody sees what others score, not who leads either.
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

/// What stands on top of an evaluation's pages.
pub async fn head_of(tx: &mut Tx, visit: &Visit, id: EvaluationId) -> Result<(Evaluation, Round, Vec<Part>)> {
    let evaluation = store::find(tx, id).await?;
    let round = store::find_round(tx, evaluation.round).await?;
    let parts = parts_of(&visit.chrome(), evaluation.state, leads(visit, &round));
    Ok((evaluation, round, parts))
}

/// Whether this person leads a round: they may, and reach its place whole.
pub fn leads(visit: &Visit, round: &Round) -> bool {
    let reach = &visit.visitor.scope.reach;
    visit.visitor.role.may(Act::RunEvaluations) && reach.stations.is_none() && reach.division.contains(&round.division)
}

/// A round that this person leads.
pub async fn led_round(tx: &mut Tx, visit: &Visit, id: RoundId) -> Result<Round> {
    let round = store::find_round(tx, id).await?;
    if leads(visit, &round) { Ok(round) } else { Err(Error::NotFound) }
}

/// An evaluation with its round and rubric.
async fn whole(tx: &mut Tx, id: EvaluationId) -> Result<(Evaluation, Round, Rubric)> {
    let evaluation = store::find(tx, id).await?;
    let round = store::find_round(tx, evaluation.round).await?;
    let rubric = rubrics::find(tx, round.rubric).await?;
    Ok((evaluation, round, rubric))
}
