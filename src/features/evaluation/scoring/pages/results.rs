//! The results of a round: for its leaders before the release, for everybody after it.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::top_lines,
        release,
        store::{self, ResultRow},
    },
    led_round,
};
use crate::{
    db::Entry,
    features::evaluation::{
        evaluations::{self, Evaluation, Round, Stage, State},
        rubrics::{self},
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

pub async fn release(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_round(&mut tx, &visit, id).await?;
    release::release_round(&mut tx, &round).await?;
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
        "hear" => release::hear_round(&mut tx, &round).await?,
        "finalize" => release::finalize_round(&mut tx, &round).await?,
        "archive" => release::archive_round(&mut tx, &round).await?,
        _ => return Err(Error::NotFound),
    }
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/results", round.path()), "state"))
}
