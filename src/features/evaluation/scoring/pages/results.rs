//! The results of a round: for its leaders before the release, for everybody after it.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Outcome, Standing, calculate, lower_by_quota, ranks, top_lines},
        store::{self, NewResult, ResultRow},
    },
    led_round,
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
    kernel::{Day, Error, Points, Result, RoundId},
    web::{Cell, Chart, Chrome, Form, Html, Path, Sheet, Visit, chart, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/scoring/results.html")]
struct Show {
    chrome: Chrome,
    round: Round,
    leads: bool,
    rows: Vec<ResultRow>,
    subjects: Vec<Evaluation>,
    charts: Vec<Chart>,
    open_appeals: i64,
    today: Day,
}

impl Show {
    /// True if the visitor reaches the sheet behind a result: as a place, not by station list.
    fn reaches(&self, row: &ResultRow) -> bool {
        let reach = self.chrome.visitor.as_ref().map(|visitor| &visitor.scope.reach);
        reach.is_some_and(|reach| reach.stations.is_none() && reach.division.contains(&row.division))
    }

    /// The page behind a station: its result once released, its moderation before.
    fn part(&self) -> &'static str {
        if self.round.released_at.is_some() { "result" } else { "moderation" }
    }

    /// Stations that still need moderation.
    fn waiting(&self) -> Vec<&Evaluation> {
        let done = |state: State| state == State::Moderated || state == State::Excluded || state.is_released();
        self.subjects.iter().filter(|one| !done(one.state)).collect()
    }

    fn may_release(&self) -> bool {
        self.leads && self.round.stage() == Stage::Running && self.waiting().is_empty() && !self.subjects.is_empty()
    }

    /// The leader's next action on the round, and what blocks it for now.
    fn next(&self) -> Option<(&'static str, &'static str, Option<String>)> {
        if !self.leads {
            return None;
        }
        let until = |day: Option<Day>| day.filter(|day| self.today <= *day);
        match self.round.stage() {
            Stage::Notice => {
                let why = until(self.round.notice_until).map(|day| format!("公示到 {day}，第二天起可以结束公示。"));
                Some(("hear", "结束公示，进入复核", why))
            }
            Stage::Appeals => {
                let why = if self.open_appeals > 0 {
                    Some(format!("还有 {} 条复核申请没有处理。", self.open_appeals))
                } else {
                    until(self.round.appeal_until).map(|day| format!("复核申请到 {day}，第二天起可以定稿。"))
                };
                Some(("finalize", "定稿", why))
            }
            Stage::Final => Some(("archive", "归档", None)),
            _ => None,
        }
    }
}

/// The number of stations at each grade, for each kind of station.
fn distribution(round: &Round, rows: &[ResultRow]) -> Vec<Chart> {
    if rows.is_empty() {
        return vec![];
    }
    let mut kinds: Vec<&str> = rows.iter().map(|row| row.peers.as_str()).collect();
    kinds.dedup();
    let mut labels: Vec<&str> = round.bands.iter().map(|band| band.label.as_str()).collect();
    if rows.iter().any(|row| row.total.is_none()) {
        labels.push("不予评定");
    }
    let series: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let count = |grade: &str, kind: &str| {
        i64::try_from(rows.iter().filter(|row| row.grade == grade && row.peers == kind).count()).unwrap_or(0)
    };
    let of = |grade: &str| (grade.to_owned(), kinds.iter().map(|kind| count(grade, kind)).collect());
    vec![chart::columns("各等级的站点数", &series, labels.into_iter().map(of).collect())]
}

pub async fn show(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = evaluations::find_round(&mut tx, id).await?;
    let leads = evaluations::leads(&visit, &round);
    let rows = if leads {
        tx.lead_round(id).await?;
        store::results(&mut tx, id, None).await?
    } else {
        // Released results are public beyond the visitor's reach; before that there is no row.
        let mut wide = visit.begin_wide().await?;
        wide.open_released_round(id).await?;
        store::results(&mut wide, id, None).await?
    };
    let subjects = if leads { evaluations::subjects(&mut tx, id).await? } else { vec![] };
    let open_appeals = if leads { store::open_appeals(&mut tx, id).await? } else { 0 };
    let charts = distribution(&round, &rows);
    let today = tx.today();
    Ok(Html(Show { chrome: visit.chrome(), round, leads, rows, subjects, charts, open_appeals, today }).into_response())
}

/// Exports all stations of a round with every value behind their totals.
pub async fn export(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    let rubric = rubrics::find(&mut tx, round.rubric).await?;
    let rows = store::results(&mut tx, id, None).await?;
    let fixed = ["站点", "区划", "类别", "名次", "总分", "等级", "评分合计", "加分", "扣分"];
    let mut heads: Vec<(String, u16)> = fixed.iter().map(|head| ((*head).to_owned(), 14)).collect();
    let tops: Vec<_> = rubric.children(None).filter(|line| line.kind.has_points()).collect();
    heads.extend(tops.iter().map(|line| (format!("{} {}", line.code, line.text), 14)));
    heads.extend(rubric.leaves().map(|line| (format!("{} {}", line.code, line.text), 12)));
    heads.push(("其他决定".to_owned(), 40));
    let mut sheet = Sheet::with_heads("评估得分", &heads)?;
    for row in &rows {
        let outcome = &row.outcome.0;
        let text = |points: Points| points.to_string();
        let mut texts = vec![text(outcome.base), text(outcome.bonus), text(outcome.deduction)];
        texts.extend(top_lines(&rubric, outcome).into_iter().map(|(_, points)| text(points)));
        texts
            .extend(rubric.leaves().map(|line| outcome.line(&line.code).map_or_else(String::new, |of| text(of.value))));
        let total = row.total.map(text).unwrap_or_default();
        let notes = outcome.notes.join(" ");
        let head = [
            Cell::Text(&row.station_name),
            Cell::Text(&row.division_name),
            Cell::Text(&row.peers),
            row.rank.map_or(Cell::Empty, |rank| Cell::Number(rank.into())),
            Cell::Amount(&total),
            Cell::Text(&row.grade),
        ];
        let rest = texts.iter().map(|text| Cell::Amount(text));
        sheet.row(head.into_iter().chain(rest).chain([Cell::Text(&notes)]))?;
    }
    let after = json!({ "rows": rows.len(), "released": round.released_at.is_some() });
    tx.record(Entry::new("导出评估得分", "evaluation_round", id, &round.name).after(after)).await?;
    tx.commit().await?;
    sheet.finish(&format!("{}_得分表.xlsx", round.name)).await
}

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

pub async fn release(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    release_round(&mut tx, &round).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/results", round.path()), "released"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MoveForm {
    step: String,
}

pub async fn advance(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    match form.step.as_str() {
        "hear" => hear_round(&mut tx, &round).await?,
        "finalize" => finalize_round(&mut tx, &round).await?,
        "archive" => archive_round(&mut tx, &round).await?,
        _ => return Err(Error::NotFound),
    }
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/results", round.path()), "state"))
}
