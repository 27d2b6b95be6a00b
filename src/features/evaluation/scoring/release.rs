//! The acts that take a round from moderation to the archive: released, heard, final, put
//! away. Each is for the round's leaders, whose transaction has its scores open.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    model::{Outcome, Standing, calculate, lower_by_quota, ranks},
    store::{self, NewResult},
};
use crate::{
    db::{Entry, Tx},
    features::{
        evaluation::{
            evaluations::{self, Evaluation, Mark, Round, Stage, State, Step},
            rubrics::{self, Rubric},
        },
        places::standing::{self, NewGrade},
    },
    kernel::{Error, Result},
};

/// Computes the outcome of each given station from the recorded scores.
async fn outcomes(tx: &mut Tx, round: &Round, rubric: &Rubric, of: &[&Evaluation]) -> Result<Vec<Outcome>> {
    let columns = store::columns(tx, round.id, None).await?;
    let none = BTreeMap::new();
    let bands = (round.bands.as_slice(), round.combination);
    Ok(of.iter().map(|one| calculate(rubric, bands, columns.get(&one.id).unwrap_or(&none))).collect())
}

/// Builds the results, ranked by standing.
fn with_ranks(round: &Round, of: &[&Evaluation], outcomes: Vec<Outcome>, standings: &[Standing]) -> Vec<NewResult> {
    let ranks = ranks(standings);
    let all = of.iter().zip(outcomes).zip(standings);
    all.map(|((one, mut outcome), standing)| {
        if let Some(band) = standing.band.and_then(|at| round.bands.get(at)).filter(|_| standing.lowered) {
            outcome.notes.push(format!("{}的名额已满，评为{}。", outcome.grade, band.label));
            outcome.grade.clone_from(&band.label);
            outcome.band = standing.band;
        }
        NewResult {
            of: one.id,
            station: one.station,
            division: one.division.to_string(),
            total: outcome.total,
            grade: outcome.grade.clone(),
            rank: ranks.get(&one.id).copied(),
            outcome,
        }
    })
    .collect()
}

fn standing(one: &Evaluation, outcome: &Outcome) -> Standing {
    Standing { id: one.id, peers: one.peers.clone(), total: outcome.total, band: outcome.band, lowered: false }
}

/// Releases all results of a round at once, computed anew from the recorded scores. The
/// visitor must lead the round.
pub async fn release_round(tx: &mut Tx, round: &Round) -> Result<()> {
    let subjects = evaluations::subjects(tx, round.id).await?;
    let of: Vec<_> = subjects.iter().filter(|one| one.state != State::Excluded).collect();
    if round.stage() != Stage::Running || of.is_empty() || of.iter().any(|one| one.state != State::Moderated) {
        return Err(Error::refused("还有站点没有完成合议，不能发布。请刷新后再看。"));
    }
    let rubric = rubrics::find(tx, round.rubric).await?;
    let outcomes = outcomes(tx, round, &rubric, &of).await?;
    let mut standings: Vec<_> = of.iter().zip(&outcomes).map(|(one, outcome)| standing(one, outcome)).collect();
    lower_by_quota(&round.bands, &mut standings);
    let results = with_ranks(round, &of, outcomes, &standings);
    store::keep_results(tx, round.id, ("first", true), &results).await?;
    let ids: Vec<_> = of.iter().map(|one| (one.id, one.last_seq)).collect();
    evaluations::step_all(tx, &ids, (State::Moderated, State::PublicNotice, Step::Release), "").await?;
    let notice_until = tx.today().plus_days(round.notice_days.into());
    let appeal_until = notice_until.plus_days(round.appeal_days.into());
    evaluations::mark(tx, round, Mark::Released { notice_until, appeal_until }).await?;
    let list: Vec<_> = of
        .iter()
        .zip(&results)
        .map(|(one, result)| json!({ "station": one.station_name, "total": result.total, "grade": result.grade, "rank": result.rank }))
        .collect();
    let after = json!({ "notice_until": notice_until, "appeal_until": appeal_until, "results": list });
    tx.record(Entry::new("发布评估结果", "evaluation_round", round.id, &round.name).after(after)).await
}

/// Ends the public notice and moves the round on to its appeals.
pub async fn hear_round(tx: &mut Tx, round: &Round) -> Result<()> {
    if round.stage() != Stage::Notice || round.notice_until.is_some_and(|until| tx.today() <= until) {
        return Err(Error::refused("公示期还没有满，不能结束公示。"));
    }
    step_round(tx, round, (State::PublicNotice, State::Appeals, Step::Hear), Mark::Heard).await
}

/// Makes results final, including changes by appeals. A station without an upheld appeal
/// keeps its released grade. One whose total changed gets the grade for its points, without
/// taking another station's place.
pub async fn finalize_round(tx: &mut Tx, round: &Round) -> Result<()> {
    if round.stage() != Stage::Appeals || round.appeal_until.is_some_and(|until| tx.today() <= until) {
        return Err(Error::refused("复核申请的期限还没有过，不能定稿。"));
    }
    if store::open_appeals(tx, round.id).await? > 0 {
        return Err(Error::refused("还有复核申请没有处理，不能定稿。"));
    }
    let subjects = evaluations::subjects(tx, round.id).await?;
    let of: Vec<_> = subjects.iter().filter(|one| one.state == State::Appeals).collect();
    let rubric = rubrics::find(tx, round.rubric).await?;
    let mut finals = outcomes(tx, round, &rubric, &of).await?;
    let first = store::results(tx, round.id, None).await?;
    for (one, outcome) in of.iter().zip(&mut finals) {
        let before = first.iter().find(|row| row.evaluation == one.id).map(|row| &row.outcome.0);
        if let Some(before) = before.filter(|before| before.total == outcome.total && before.lines == outcome.lines) {
            outcome.clone_from(before);
        }
    }
    let standings: Vec<_> = of.iter().zip(&finals).map(|(one, outcome)| standing(one, outcome)).collect();
    let results = with_ranks(round, &of, finals, &standings);
    store::keep_results(tx, round.id, ("final", true), &results).await?;
    standing::put_grades(tx, &grades(round, &of, &results)).await?;
    step_round(tx, round, (State::Appeals, State::Final, Step::Finalize), Mark::Finalized).await
}

/// The final grades, as other features need them.
fn grades(round: &Round, of: &[&Evaluation], results: &[NewResult]) -> Vec<NewGrade> {
    let lowest = round.bands.len().checked_sub(1);
    let each = of.iter().zip(results).map(|(one, result)| NewGrade {
        evaluation: one.id,
        station: one.station,
        station_name: one.station_name.clone(),
        round_name: round.name.clone(),
        year: round.year,
        grade: result.grade.clone(),
        total: result.total,
        is_failed: result.outcome.band.is_some() && result.outcome.band == lowest,
        holds: round.holds,
    });
    each.collect()
}

/// Puts a final round away.
pub async fn archive_round(tx: &mut Tx, round: &Round) -> Result<()> {
    if round.stage() != Stage::Final {
        return Err(Error::refused("定稿以后才能归档。"));
    }
    step_round(tx, round, (State::Final, State::Archived, Step::Archive), Mark::Archived).await
}

async fn step_round(tx: &mut Tx, round: &Round, way: (State, State, Step), mark: Mark) -> Result<()> {
    let subjects = evaluations::subjects(tx, round.id).await?;
    let ids: Vec<_> = subjects.iter().filter(|one| one.state == way.0).map(|one| (one.id, one.last_seq)).collect();
    evaluations::step_all(tx, &ids, way, "").await?;
    evaluations::mark(tx, round, mark).await?;
    let entry = Entry::new("推进评估轮次", "evaluation_round", round.id, &round.name);
    tx.record(entry.after(json!({ "step": way.2.label(), "stations": ids.len() }))).await
}
