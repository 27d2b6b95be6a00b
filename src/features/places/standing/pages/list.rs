//! The register of rectification orders within reach, and its export.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::{
    model::OrderState,
    store::{self, Filter, Row},
};
use crate::{
    db::Entry,
    kernel::{Day, Listed, Paging, Result},
    web::{Cell, Chrome, Column, Form, Html, Query, Sheet, Turn, Visit, filters, hidden_fields},
};

#[derive(Template)]
#[template(path = "places/standing/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    rows: Listed<Row>,
    turn: Turn,
    today: Day,
}

impl Index {
    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        let one = OrderState::choices().into_iter().filter(|(key, _)| *key != OrderState::New.as_str());
        [("", "全部"), ("open", "没有销号的"), ("late", "逾期的")].into_iter().chain(one).collect()
    }
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rows = store::page(&mut tx, &filter, paging).await?;
    let (turn, today) = (Turn::of("/rectifications", &filter, &rows), tx.today());
    Ok(Html(Index { chrome: visit.chrome(), filter, rows, turn, today }).into_response())
}

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let rows = store::list(&mut tx, &filter).await?;
    let columns = [
        Column::new("站点", 34),
        Column::new("区划", 16),
        Column::new("年度", 8),
        Column::new("轮次", 24),
        Column::new("指标编号", 10),
        Column::new("指标", 40),
        Column::new("发现的问题", 50),
        Column::new("整改要求", 50),
        Column::new("期限", 12),
        Column::new("状态", 10),
        Column::new("下达日期", 12),
        Column::new("办结日期", 12),
    ];
    let mut sheet = Sheet::new("整改台账", &columns, false)?;
    for row in &rows {
        let days = [Some(row.due_on), Some(row.issued_on), row.closed_on];
        let days = days.map(|day| day.map(|day| day.to_string()).unwrap_or_default());
        sheet.row([
            Cell::Text(&row.station_name),
            Cell::Text(&row.division_name),
            Cell::Number(row.year.into()),
            Cell::Text(&row.round_name),
            Cell::Text(&row.code),
            Cell::Text(&row.line),
            Cell::Text(&row.finding),
            Cell::Text(&row.demand),
            Cell::Text(&days[0]),
            Cell::Text(row.state.label()),
            Cell::Text(&days[1]),
            Cell::Text(&days[2]),
        ])?;
    }
    let after = json!({ "rows": rows.len(), "filter": filter });
    tx.record(Entry::new("导出整改台账", "rectification_order", "register", "整改台账").after(after)).await?;
    tx.commit().await?;
    sheet.finish("整改台账.xlsx").await
}
