//! The list of rounds, and one round with its stations.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{
    super::{
        model::{Round, Stage, State},
        store::{self, Filter, RoundRow, Row, YearFilter},
    },
    leads,
};
use crate::{
    access::Act,
    db::Entry,
    features::evaluation::rubrics::{self, Rubric},
    kernel::{Day, Listed, Paging, Result, RoundId},
    web::{Cell, Chrome, Column, Form, Html, Path, Query, Sheet, Turn, Visit, filters, hidden_fields},
};

#[derive(Template)]
#[template(path = "evaluation/evaluations/index.html")]
struct Index {
    chrome: Chrome,
    filter: YearFilter,
    rounds: Listed<RoundRow>,
    turn: Turn,
}

pub async fn index(visit: Visit, Query(filter): Query<YearFilter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rounds = store::page(&mut tx, filter.year.trim().parse().ok(), paging).await?;
    let turn = Turn::of("/evaluations", &filter, &rounds);
    Ok(Html(Index { chrome: visit.chrome(), filter, rounds, turn }).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/evaluations/round.html")]
struct Show {
    chrome: Chrome,
    round: Round,
    rubric: Rubric,
    leads: bool,
    filter: Filter,
    rows: Listed<Row>,
    turn: Turn,
    today: Day,
    leaves: i64,
}

impl Show {
    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }

    /// The next task of the round's leader, as text.
    fn next(&self) -> &'static str {
        match self.round.stage() {
            Stage::Planned => "先选好参加评估的站点，再开放自评。开放以后评分细则不能再换。",
            Stage::Running => "自评提交以后安排专家、开始实地评估；专家都评完后逐站合议，再统一发布结果。",
            Stage::Notice => "结果已经发布。公示期满后结束公示，进入复核。",
            Stage::Appeals => "处理完复核申请、过了申请期限以后定稿。",
            Stage::Final => "结果已经定稿，可以归档。",
            Stage::Archived => "本轮评估已经归档。",
        }
    }
}

pub async fn show(
    visit: Visit,
    Path(id): Path<RoundId>,
    Query(filter): Query<Filter>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = store::find_round(&mut tx, id).await?;
    let rubric = rubrics::find(&mut tx, round.rubric).await?;
    let rows = store::rows(&mut tx, id, &filter, paging).await?;
    let turn = Turn::of(&round.path(), &filter, &rows);
    let (leads, today) = (leads(&visit, &round), tx.today());
    let leaves = i64::try_from(rubric.leaves().filter(|line| line.kind.is_self_scored()).count()).unwrap_or(0);
    Ok(Html(Show { chrome: visit.chrome(), round, rubric, leads, filter, rows, turn, today, leaves }).into_response())
}

/// Exports the progress of each station in a round.
pub async fn export(visit: Visit, Path(id): Path<RoundId>, Form(filter): Form<Filter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let round = store::find_round(&mut tx, id).await?;
    let columns = [
        Column::new("站点", 34),
        Column::new("区划", 16),
        Column::new("类别", 16),
        Column::new("进度", 14),
        Column::new("自评截止", 12),
        Column::new("已自评项数", 12),
        Column::new("实地评估日期", 14),
        Column::new("专家", 8),
        Column::new("已提交专家", 12),
    ];
    let mut sheet = Sheet::new("评估进度", &columns, false)?;
    let of_reach = store::progress(&mut tx, id, &filter).await?;
    for row in &of_reach {
        let (until, visit_on) =
            (row.self_until.to_string(), row.visit_on.map(|day| day.to_string()).unwrap_or_default());
        sheet.row([
            Cell::Text(&row.station_name),
            Cell::Text(&row.division_name),
            Cell::Text(&row.peers),
            Cell::Text(row.state.label()),
            Cell::Text(&until),
            Cell::Number(row.answered),
            Cell::Text(&visit_on),
            Cell::Number(row.seats),
            Cell::Number(row.seats_done),
        ])?;
    }
    let after = json!({ "rows": of_reach.len(), "filter": filter });
    tx.record(Entry::new("导出评估进度", "evaluation_round", id, &round.name).after(after)).await?;
    tx.commit().await?;
    sheet.finish(&format!("{}_评估进度.xlsx", round.name)).await
}
