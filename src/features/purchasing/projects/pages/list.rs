//! The register of projects, with its filter and its export.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::{
    model::State,
    store::{self, Filter, Row, Totals},
    table,
};
use crate::access::Role;
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        places::divisions::{self, Division},
        purchasing::funds::Source,
    },
    kernel::{Day, Listed, Paging, Result},
    web::{Chrome, Form, Html, Query, Sheet, Turn, Visit, filters, hidden_fields},
};

#[derive(Template)]
#[template(path = "purchasing/projects/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    /// The reason the typed place was not understood.
    unread: Option<String>,
    years: Vec<i16>,
    projects: Listed<Row>,
    totals: Totals,
    today: Day,
    turn: Turn,
}

impl Index {
    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }

    fn is_filtered(&self) -> bool {
        !self.fields().is_empty()
    }
}

/// The place the filter names, or the reason it was not understood. Replaces the typed place in the
/// filter by its code.
async fn place(tx: &mut Tx, visit: &Visit, filter: &mut Filter) -> Result<Result<Option<Division>, String>> {
    let place = divisions::asked(tx, &visit.visitor.scope.reach.division, &filter.place).await?;
    if let Ok(Some(place)) = &place {
        filter.place = place.code.to_string();
    }
    Ok(place)
}

pub async fn index(visit: Visit, Query(mut filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (place, unread) = match place(&mut tx, &visit, &mut filter).await? {
        Ok(place) => (place, None),
        Err(why) => (None, Some(why)),
    };
    let wanted = filter.wanted(place.map(|place| place.code));
    let (projects, totals) = store::page(&mut tx, &wanted, paging).await?;
    let years = store::years(&mut tx).await?;
    let turn = Turn::of("/projects", &filter, &projects);
    let today = tx.today();
    let page = Index { chrome: visit.chrome(), filter, unread, years, projects, totals, today, turn };
    Ok(Html(page).into_response())
}

/// Rows held in memory at a time during an export.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Form(mut filter): Form<Filter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let place = place(&mut tx, &visit, &mut filter).await?.ok().flatten();
    let wanted = filter.wanted(place.map(|place| place.code));
    let mut sheet = Sheet::new("项目名册", &table::export_columns(), false)?;
    let mut written = 0;
    loop {
        let rows = store::rows(&mut tx, &wanted, CHUNK, written).await?;
        for row in &rows {
            let texts = table::Texts::of(row);
            sheet.row(texts.cells(row))?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written, "filter": filter });
    tx.record(Entry::new("导出项目名册", "projects", "", "项目名册").after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("项目名册_{day}.xlsx")).await
}
