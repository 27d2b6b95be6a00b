//! An agency's file: its projects across stations, their grades and findings.

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    db::{Entry, Tx},
    features::{
        places::agencies::{self, Agency},
        purchasing::{
            appraisals::{self, OfProject},
            projects::{self, Filter, Row, Totals},
        },
    },
    kernel::{AgencyId, Day, Error, Listed, Paging, Result, plain_yuan},
    web::{Cell, Chrome, Column, Html, Path, Query, Sheet, Turn, Visit, filters},
};

#[derive(Template)]
#[template(path = "purchasing/oversight/agency.html")]
struct Show {
    chrome: Chrome,
    agency: Agency,
    conditions: Vec<(String, bool)>,
    projects: Listed<Row>,
    totals: Totals,
    graded: Vec<OfProject>,
    today: Day,
    turn: Turn,
}

impl Show {
    fn of(&self, row: &Row) -> Vec<&OfProject> {
        self.graded.iter().filter(|graded| graded.project == row.id).collect()
    }
}

/// An agency the visitor may look at. Agency staff see only their own agency.
async fn reached(tx: &mut Tx, visit: &Visit, id: AgencyId) -> Result<Agency> {
    match visit.visitor.scope.reach.agency {
        Some(own) if own != id => Err(Error::NotFound),
        _ => agencies::find(tx, id).await,
    }
}

fn wanted(id: AgencyId) -> Filter {
    Filter { agency: id.to_string(), ..Filter::default() }
}

pub async fn show(visit: Visit, Path(id): Path<AgencyId>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let agency = reached(&mut tx, &visit, id).await?;
    let conditions = agencies::eligibility(&mut tx, &agency).await?.conditions();
    let (projects, totals) = projects::page(&mut tx, &wanted(id).wanted(None), paging).await?;
    let ids: Vec<_> = projects.rows.iter().map(|row| row.id).collect();
    tx.open_projects(&ids).await?;
    let graded = appraisals::of_projects(&mut tx, &ids).await?;
    let today = tx.today();
    let turn = Turn::of(&format!("/agencies/{id}/projects"), &(), &projects);
    let page = Show { chrome: visit.chrome(), agency, conditions, projects, totals, graded, today, turn };
    Ok(Html(page).into_response())
}

/// Rows held in memory at a time during an export.
const CHUNK: i64 = 500;

pub async fn export(visit: Visit, Path(id): Path<AgencyId>) -> Result<Response> {
    let heads = [
        ("项目编号", 18),
        ("项目", 34),
        ("年度", 8),
        ("购买方", 14),
        ("状态", 10),
        ("合同金额（元）", 16),
        ("已付（元）", 16),
        ("扣减（元）", 16),
        ("评估", 40),
        ("未整改", 10),
    ];
    let columns = heads.map(|(head, width)| Column::new(head, width));
    let mut tx = visit.begin_export().await?;
    let agency = reached(&mut tx, &visit, id).await?;
    let filter = wanted(id).wanted(None);
    let mut sheet = Sheet::new("机构项目", &columns, false)?;
    let mut written = 0;
    loop {
        let rows = projects::rows(&mut tx, &filter, CHUNK, written).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        tx.open_projects(&ids).await?;
        let graded = appraisals::of_projects(&mut tx, &ids).await?;
        for row in &rows {
            let of: Vec<&OfProject> = graded.iter().filter(|graded| graded.project == row.id).collect();
            let words: Vec<String> = of
                .iter()
                .map(|g| format!("{} {} {} {}分", g.held_on, g.kind.label(), g.grade.label(), g.score()))
                .collect();
            let words = words.join("；");
            let open = of.iter().map(|graded| graded.open).sum();
            let amounts = [row.contract_sum, row.paid, row.withheld].map(plain_yuan);
            sheet.row([
                Cell::Text(&row.number),
                Cell::Text(&row.name),
                Cell::Number(row.year.into()),
                Cell::Text(&row.division_name),
                Cell::Text(row.state().label()),
                Cell::Amount(&amounts[0]),
                Cell::Amount(&amounts[1]),
                Cell::Amount(&amounts[2]),
                Cell::Text(&words),
                Cell::Number(open),
            ])?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written });
    tx.record(Entry::new("导出机构项目", "agency", id, &agency.name).after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("机构项目_{}_{day}.xlsx", agency.name)).await
}
