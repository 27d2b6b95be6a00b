//! The list of open reminders and its export.

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    db::Entry,
    features::people::staff::store::{self, Reminder},
    kernel::{Day, Listed, Paging, Result},
    web::{Cell, Chrome, Column, Html, Query, Sheet, Turn, Visit, filters},
};

#[derive(Template)]
#[template(path = "people/staff/reminders.html")]
struct Index {
    chrome: Chrome,
    reminders: Listed<Reminder>,
    turn: Turn,
    today: Day,
}

pub async fn index(visit: Visit, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reminders = store::reminders(&mut tx, paging).await?;
    let turn = Turn::of("/reminders", &(), &reminders);
    Ok(Html(Index { chrome: visit.chrome(), reminders, turn, today: tx.today() }).into_response())
}

/// Exports all open reminders as a workbook.
pub async fn export(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let today = tx.today();
    let heads = [("姓名", 12), ("站点", 30), ("事项", 22), ("期限", 12), ("还有（天）", 10)];
    let mut sheet = Sheet::new("提醒", &heads.map(|(head, width)| Column::new(head, width)), false)?;
    let all = store::all_reminders(&mut tx).await?;
    for reminder in &all {
        let due_on = reminder.due_on.to_string();
        sheet.row([
            Cell::Text(&reminder.name),
            Cell::Text(reminder.station_name.as_deref().unwrap_or_default()),
            Cell::Text(reminder.kind.label()),
            Cell::Text(&due_on),
            Cell::Text(&today.days_to(reminder.due_on).to_string()),
        ])?;
    }
    tx.record(Entry::new("导出提醒", "staff", "", "提醒").after(serde_json::json!({ "rows": all.len() }))).await?;
    tx.commit().await?;
    sheet.finish(&format!("提醒_{today}.xlsx")).await
}
