//! Queues and registers of reports, the matrix of indicators, and the reading list.

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::stance::{desk_of, sees_drafts};
use crate::{
    access::Act,
    db::{Entry, Silence},
    features::{
        places::{
            divisions::{self, Division},
            stations::StationLevel,
        },
        reporting::{
            indicators::{self, Indicator, Section, Sheet},
            reports::{
                model::{Desk, Timing, value_in},
                store::{self, Counts, Filter, Fresh, MatrixRow, Own, Row, Tab},
            },
        },
    },
    kernel::{Day, Error, Listed, Month, Paging, Result, moment},
    web::{
        Cell, Chrome, Column, Form, Html, Query, Sheet as Workbook, Turn, Visit, filters, hidden_fields, query_string,
        see_other_done,
    },
};

#[derive(Template)]
#[template(path = "reporting/reports/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    tab: Tab,
    month: Option<Month>,
    last: Month,
    place: Option<Division>,
    /// Why the typed place can't be resolved.
    unread: Option<String>,
    reports: Listed<Row>,
    counts: Counts,
    turn: Turn,
    today: Day,
    desk: Option<Desk>,
    /// Reports that the visitor's stations have to fill in.
    own: Vec<Own>,
}

impl Index {
    fn tabs(&self) -> Vec<Tab> {
        let shown = |tab: &&Tab| match tab {
            Tab::Review => self.desk.is_some(),
            Tab::Returned => self.chrome.may(Act::ReadDrafts),
            _ => true,
        };
        Tab::ALL.iter().filter(shown).copied().collect()
    }

    fn to(&self, tab: &Tab) -> String {
        let filter = Filter { tab: tab.as_str().to_owned(), ..self.filter.clone() };
        format!("/reports?{}", query_string(&filter))
    }

    fn in_month(&self, month: impl std::fmt::Display) -> String {
        let filter = Filter { month: month.to_string(), ..self.filter.clone() };
        format!("/reports?{}", query_string(&filter))
    }

    fn before(&self) -> Option<Month> {
        self.month.map(|month| month.plus(-1))
    }

    fn after(&self) -> Option<Month> {
        self.month.map(|month| month.plus(1)).filter(|month| *month <= self.last.plus(1))
    }

    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }

    fn levels(&self) -> Vec<(&'static str, String)> {
        let label = |level: &StationLevel| (level.as_str(), self.chrome.station_level(level.as_str()).to_owned());
        StationLevel::ALL.iter().map(label).collect()
    }

    /// `逾期 3 天`; only for reports not submitted by the deadline.
    fn overdue(&self, row: &Row) -> Option<String> {
        let due_on = row.due_on.filter(|_| row.submitted_at.is_none())?;
        let timing = Timing { month: row.month, due_on, extended_to: None };
        Some(timing.words(&self.today))
    }

    /// The stations that have not reported, as text to paste into a message.
    fn chase(&self) -> String {
        let mut lines: Vec<String> = vec![];
        for row in &self.reports.rows {
            let head = row.head.as_deref().unwrap_or("（没有站长账号）");
            lines.push(format!("{} {}月报：{head} {}", row.name, row.month.label(), row.phone));
        }
        lines.join("\n")
    }
}

pub async fn index(visit: Visit, Query(mut filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let chrome = visit.chrome();
    let desk = desk_of(&visit);
    if filter.tab.is_empty() {
        let usual = if desk.is_some_and(|desk| desk != Desk::Station) { Tab::Review } else { Tab::All };
        usual.as_str().clone_into(&mut filter.tab);
        if filter.tab == Tab::Review.as_str() && filter.month.is_empty() {
            "all".clone_into(&mut filter.month);
        }
    }
    let reach = visit.visitor.scope.reach.division.clone();
    let (place, unread) = match divisions::asked(&mut tx, &reach, &filter.division).await? {
        Ok(place) => (place, None),
        Err(why) => (None, Some(why)),
    };
    if let Some(place) = &place {
        filter.division = place.code.to_string();
    }
    let today = tx.today();
    let last = today.month().plus(-1);
    let wanted = filter.wanted(&tx, desk, sees_drafts(&visit));
    let (reports, counts) = store::page(&mut tx, &wanted, paging).await?;
    let own = if chrome.may(Act::FillReports) { store::own(&mut tx).await? } else { vec![] };
    let (tab, month) = (filter.tab(), filter.month(last));
    let turn = Turn::of("/reports", &filter, &reports);
    let page = Index { chrome, filter, tab, month, last, place, unread, reports, counts, turn, today, desk, own };
    Ok(Html(page).into_response())
}

/// Rows fetched at a time while an export is written.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let chrome = visit.chrome();
    let mut tx = visit.begin_export().await?;
    let wanted = filter.wanted(&tx, desk_of(&visit), sees_drafts(&visit));
    let heads = [
        ("站点编号", 20),
        ("站点", 30),
        ("级别", 10),
        ("区划", 16),
        ("月份", 10),
        ("状态", 16),
        ("期限", 12),
        ("提交时间", 18),
        ("是否按时", 10),
        ("已填", 8),
        ("应填", 8),
        ("需说明", 8),
        ("站长", 12),
        ("电话", 16),
    ];
    let mut sheet = Workbook::new("月报", &heads.map(|(head, width)| Column::new(head, width)), false)?;
    let mut written = 0;
    loop {
        let rows = store::rows(&mut tx, &wanted, CHUNK, written).await?;
        for row in &rows {
            let month = row.month.to_string();
            let due_on = row.due_on.map(|day| day.to_string()).unwrap_or_default();
            let at = row.submitted_at.map(|at| moment(&at)).unwrap_or_default();
            sheet.row([
                Cell::Text(&row.code),
                Cell::Text(&row.name),
                Cell::Text(chrome.station_level(row.level.as_str())),
                Cell::Text(&row.division_name),
                Cell::Text(&month),
                Cell::Text(row.state.label()),
                Cell::Text(&due_on),
                Cell::Text(&at),
                Cell::Text(row.on_time.map_or("", |on_time| if on_time { "按时" } else { "逾期" })),
                Cell::Number(i64::from(row.filled)),
                Cell::Number(i64::from(row.asked)),
                Cell::Number(i64::from(row.odd)),
                Cell::Text(row.head.as_deref().unwrap_or_default()),
                Cell::Text(&row.phone),
            ])?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let day = tx.today();
    tx.record(
        Entry::new("导出月报列表", "reports", "", "月报列表").after(json!({ "rows": written, "filter": filter })),
    )
    .await?;
    tx.commit().await?;
    sheet.finish(&format!("月报列表_{day}.xlsx")).await
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct MatrixFilter {
    month: String,
    division: String,
    section: String,
}

impl MatrixFilter {
    fn month(&self, today: Day) -> Month {
        self.month.parse().unwrap_or_else(|_| today.month().plus(-1))
    }

    fn section(&self) -> Section {
        Section::ALL.iter().copied().find(|section| section.as_str() == self.section).unwrap_or(Section::Visits)
    }
}

#[derive(Template)]
#[template(path = "reporting/reports/matrix.html")]
struct Matrix {
    chrome: Chrome,
    filter: MatrixFilter,
    month: Month,
    section: Section,
    indicators: Vec<Indicator>,
    place: Option<Division>,
    /// Why the typed place can't be resolved.
    unread: Option<String>,
    rows: Listed<MatrixRow>,
    turn: Turn,
}

impl Matrix {
    fn text(&self, row: &MatrixRow, indicator: &Indicator) -> String {
        cell_text(row, indicator)
    }

    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }
}

fn cell_text(row: &MatrixRow, indicator: &Indicator) -> String {
    if row.na.contains(&indicator.slot) {
        return "/".to_owned();
    }
    value_in(&row.vals, indicator.slot).map_or_else(String::new, |value| indicator.text(&value))
}

fn asked_of_any(sheet: &Sheet, indicator: &Indicator) -> bool {
    !indicator.is_retired && StationLevel::ALL.iter().any(|level| sheet.asks(*level, indicator.slot))
}

/// Stations × indicators of one section, for a month.
pub async fn matrix(
    visit: Visit,
    Query(mut filter): Query<MatrixFilter>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let (place, unread) = match divisions::asked(&mut tx, &reach, &filter.division).await? {
        Ok(place) => (place, None),
        Err(why) => (None, Some(why)),
    };
    if let Some(place) = &place {
        filter.division = place.code.to_string();
    }
    let (month, section) = (filter.month(tx.today()), filter.section());
    let sheet = indicators::sheet(&mut tx, month).await?;
    let indicators: Vec<_> = sheet
        .indicators
        .iter()
        .filter(|indicator| indicator.section == section && asked_of_any(&sheet, indicator))
        .cloned()
        .collect();
    let within = place.as_ref().map_or(reach, |place| place.code.clone());
    let rows = store::matrix(&mut tx, &within, month, sees_drafts(&visit), paging.size(), paging.offset()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    let rows = Listed { rows, total, paging };
    let turn = Turn::of("/reports/matrix", &filter, &rows);
    Ok(Html(Matrix { chrome: visit.chrome(), filter, month, section, indicators, place, unread, rows, turn })
        .into_response())
}

/// Exports the whole matrix as a workbook, with all indicators of the month.
pub async fn export_matrix(visit: Visit, Form(filter): Form<MatrixFilter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let place = divisions::asked(&mut tx, &reach, &filter.division).await?.map_err(Error::refused)?;
    let month = filter.month(tx.today());
    let sheet = indicators::sheet(&mut tx, month).await?;
    let indicators: Vec<_> = sheet.indicators.iter().filter(|i| asked_of_any(&sheet, i)).cloned().collect();
    let within = place.map_or(reach, |place| place.code);
    let labels: Vec<String> = indicators.iter().map(Indicator::label).collect();
    let mut heads = vec![("站点".to_owned(), 30), ("级别".to_owned(), 10), ("状态".to_owned(), 12)];
    heads.extend(labels.into_iter().map(|label| (label, 14)));
    let mut book = Workbook::with_heads("月报明细", &heads)?;
    let chrome = visit.chrome();
    let mut written = 0;
    loop {
        let rows = store::matrix(&mut tx, &within, month, sees_drafts(&visit), CHUNK, written).await?;
        for row in &rows {
            let texts: Vec<String> =
                indicators.iter().map(|indicator| cell_text(row, indicator).replace(',', "")).collect();
            let mut cells = vec![
                Cell::Text(&row.name),
                Cell::Text(chrome.station_level(row.level.as_str())),
                Cell::Text(row.state.label()),
            ];
            cells.extend(texts.iter().map(|text| Cell::Amount(text)));
            book.row(cells)?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    tx.record(
        Entry::new("导出月报明细", "reports", "", month.label()).after(json!({ "rows": written, "filter": filter })),
    )
    .await?;
    tx.commit().await?;
    book.finish(&format!("月报明细_{month}.xlsx")).await
}

#[derive(Template)]
#[template(path = "reporting/reports/fresh.html")]
struct FreshPage {
    chrome: Chrome,
    reports: Listed<Fresh>,
    turn: Turn,
    read_to: Option<DateTime<Utc>>,
}

/// The reading list: reports approved since the visitor last marked them as read.
pub async fn fresh(visit: Visit, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reports = store::fresh(&mut tx, paging).await?;
    let read_to = reports.rows.first().map(|row| row.approved_at);
    let turn = Turn::of("/reports/new", &(), &reports);
    Ok(Html(FreshPage { chrome: visit.chrome(), reports, turn, read_to }).into_response())
}

#[derive(Debug, Deserialize)]
pub struct ReadTo {
    to: DateTime<Utc>,
}

pub async fn mark_read(visit: Visit, Form(read): Form<ReadTo>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let to = read.to.min(tx.now());
    store::mark_read(&mut tx, to).await?;
    tx.commit_silently(Silence::ReadNoted).await?;
    Ok(see_other_done("/reports/new", "read"))
}
