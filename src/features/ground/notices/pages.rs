//! The visitor's notices, and the log of notices sent about a place.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::store::{self, Notice, Told};
use crate::access::Act;
use crate::{
    db::{Entry, Silence},
    kernel::{Listed, NoticeId, Paging, Result, moment},
    web::{Cell, Chrome, Column, Html, Path, Query, Sheet, Turn, Visit, filters, see_other, see_other_done},
};

#[derive(Template)]
#[template(path = "ground/notices/index.html")]
struct Index {
    chrome: Chrome,
    notices: Listed<Notice>,
    turn: Turn,
}

impl Index {
    fn has_unread(&self) -> bool {
        self.notices.rows.iter().any(|notice| notice.read_at.is_none())
    }
}

pub async fn index(visit: Visit, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let notices = store::own(&mut tx, visit.visitor.account, paging).await?;
    let turn = Turn::of("/notices", &(), &notices);
    Ok(Html(Index { chrome: visit.chrome(), notices, turn }).into_response())
}

/// Redirects to the page that a notice links to.
pub async fn open(visit: Visit, Path(id): Path<NoticeId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(see_other(&store::path_of(&mut tx, visit.visitor.account, id).await?))
}

pub async fn read_all(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    store::mark_read(&mut tx, visit.visitor.account).await?;
    tx.commit_silently(Silence::ReadNoted).await?;
    Ok(see_other_done("/notices", "read"))
}

#[derive(Template)]
#[template(path = "ground/notices/log.html")]
struct Log {
    chrome: Chrome,
    told: Listed<Told>,
    turn: Turn,
}

/// The log of notices about the visitor's place.
pub async fn log(visit: Visit, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let within = visit.visitor.scope.reach.division.clone();
    let rows = store::log(&mut tx, &within, paging.size(), paging.offset()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    let told = Listed { rows, total, paging };
    let turn = Turn::of("/notices/log", &(), &told);
    Ok(Html(Log { chrome: visit.chrome(), told, turn }).into_response())
}

pub async fn export(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let within = visit.visitor.scope.reach.division.clone();
    let heads = [("收到的人", 14), ("内容", 60), ("时间", 18), ("读过", 18), ("邮件", 18)];
    let mut sheet = Sheet::new("催报记录", &heads.map(|(head, width)| Column::new(head, width)), false)?;
    let rows = store::log(&mut tx, &within, 100_000, 0).await?;
    for row in &rows {
        let [at, read_at, mailed_at] =
            [Some(row.at), row.read_at, row.mailed_at].map(|at| at.map(|at| moment(&at)).unwrap_or_default());
        sheet.row([&row.name, &row.title, &at, &read_at, &mailed_at].map(|text| Cell::Text(text)))?;
    }
    let today = tx.today();
    tx.record(Entry::new("导出催报记录", "notices", "", "催报记录").after(serde_json::json!({ "rows": rows.len() })))
        .await?;
    tx.commit().await?;
    sheet.finish(&format!("催报记录_{today}.xlsx")).await
}
