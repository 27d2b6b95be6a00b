//! Pages of the summary: a place with those below it, its export, and one indicator over time.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::{self, Child, Own, Rollup};
use crate::{
    db::Entry,
    features::{
        places::divisions::{self, Division},
        reporting::{
            indicators::{self, Aggregation, Indicator, Section, Sheet, ratio_of},
            reports::value_in,
        },
    },
    kernel::{DivisionCode, Error, Level, Listed, Month, Paging, Result, percent},
    web::{
        Cell, Chart, Chrome, Form, Html, Path, Query, Sheet as Workbook, Turn, Visit, chart, filters, hidden_fields,
        query_string, see_other,
    },
};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    month: String,
    section: String,
}

impl Filter {
    fn section(&self) -> Section {
        Section::ALL.iter().copied().find(|section| section.as_str() == self.section).unwrap_or(Section::Visits)
    }
}

/// An indicator's amount in an array; a ratio is computed from its two slots.
fn amount(sheet: &Sheet, vals: &[Option<i64>], indicator: &Indicator) -> Option<i64> {
    let Some((part, whole)) = ratio_of(&indicator.code) else { return value_in(vals, indicator.slot) };
    debug_assert!(sheet.find(part).is_some(), "a ratio's parts are in its dictionary");
    let (part, whole) = (value_in(vals, part)?, value_in(vals, whole)?);
    let unit = 100 * 10_i64.pow(indicator.scale);
    (whole > 0).then(|| (part * unit * 2 + whole) / (whole * 2))
}

fn sum(of: &[i32]) -> i64 {
    of.iter().map(|n| i64::from(*n)).sum()
}

#[derive(Template)]
#[template(path = "reporting/rollups/show.html")]
struct Show {
    chrome: Chrome,
    around: Vec<Division>,
    place: Division,
    filter: Filter,
    month: Month,
    months: Vec<Month>,
    section: Section,
    sheet: Sheet,
    indicators: Vec<Indicator>,
    rollup: Option<Rollup>,
    children: Listed<Child>,
    own: Vec<Own>,
    turn: Turn,
    /// Some reports that count here are out of reach: their stations have moved away since.
    has_others: bool,
}

impl Show {
    fn text(&self, vals: &[Option<i64>], indicator: &Indicator) -> String {
        amount(&self.sheet, vals, indicator).map_or_else(|| "—".to_owned(), |amount| indicator.text(&amount))
    }

    fn sum(&self, of: &[i32]) -> i64 {
        sum(of)
    }

    fn rate(&self, part: &[i32], whole: &[i32]) -> String {
        percent(sum(part), sum(whole))
    }

    fn bp(&self, bp: &i32) -> String {
        percent(i64::from(*bp), 10_000)
    }

    fn to(&self, code: &DivisionCode) -> String {
        format!("/summary/{}?month={}&section={}", code.path(), self.month, self.section.as_str())
    }

    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&Filter { month: self.month.to_string(), ..self.filter.clone() })
    }
}

pub async fn home(visit: Visit, Query(filter): Query<Filter>) -> Response {
    see_other(&format!("/summary/{}?{}", visit.visitor.scope.reach.division.path(), query_string(&filter)))
}

fn asked(sheet: &Sheet, section: Option<Section>) -> Vec<Indicator> {
    let wanted = |i: &&Indicator| !i.is_retired && section.is_none_or(|section| i.section == section);
    sheet.indicators.iter().filter(wanted).cloned().collect()
}

async fn reached(visit: &Visit, tx: &mut crate::db::Tx, code: &DivisionCode) -> Result<(Vec<Division>, Division)> {
    let reach = &visit.visitor.scope.reach.division;
    if !reach.contains(code) {
        return Err(Error::NotFound);
    }
    let mut around = divisions::ancestors(tx, code).await?;
    let place =
        around.pop().filter(|place| place.code == *code && place.level < Level::Village).ok_or(Error::NotFound)?;
    around.retain(|above| reach.contains(&above.code));
    Ok((around, place))
}

pub async fn show(
    visit: Visit,
    Path(code): Path<DivisionCode>,
    Query(filter): Query<Filter>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (around, place) = reached(&visit, &mut tx, &code).await?;
    let last = tx.today().month().plus(-1);
    let month = filter.month.parse().unwrap_or(last);
    let section = filter.section();
    let sheet = indicators::sheet(&mut tx, month).await?;
    let mut rollups = store::of_place(&mut tx, &code, month.min(last).plus(-23), last.max(month)).await?;
    let mut months: Vec<Month> = rollups.iter().map(|rollup| rollup.month).collect();
    if !months.contains(&month) {
        months.push(month);
    }
    let rollup = rollups.iter().position(|rollup| rollup.month == month).map(|at| rollups.swap_remove(at));
    let children = match place.level {
        Level::Township => Listed { rows: vec![], total: 0, paging },
        _ => store::children(&mut tx, &code, month, paging).await?,
    };
    let own = store::own(&mut tx, &code, month).await?;
    let seen: i64 = children.rows.iter().map(|child| sum(&child.expected)).sum::<i64>()
        + i64::try_from(own.iter().filter(|own| own.expected).count()).unwrap_or(0);
    let has_others =
        children.total <= paging.size() && rollup.as_ref().is_some_and(|rollup| sum(&rollup.expected) > seen);
    let query = Filter { month: month.to_string(), section: section.as_str().to_owned() };
    let turn = Turn::of(&format!("/summary/{}", code.path()), &query, &children);
    let page = Show {
        chrome: visit.chrome(),
        around,
        place,
        filter,
        month,
        months,
        section,
        indicators: asked(&sheet, Some(section)),
        sheet,
        rollup,
        children,
        own,
        turn,
        has_others,
    };
    Ok(Html(page).into_response())
}

/// Rows fetched at a time while an export is written.
const CHUNK: i64 = 2000;

/// Exports the summary table (汇总表): places down, indicators across, totals at the bottom.
pub async fn export(visit: Visit, Path(code): Path<DivisionCode>, Form(filter): Form<Filter>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let (_, place) = reached(&visit, &mut tx, &code).await?;
    let month = filter.month.parse().unwrap_or(tx.today().month().plus(-1));
    let sheet = indicators::sheet(&mut tx, month).await?;
    let indicators = asked(&sheet, None);
    let mut heads: Vec<(String, u16)> = [("区划（站点）", 28), ("应报", 8), ("已报", 8), ("按时", 8), ("审定", 8)]
        .map(|(head, width)| (head.to_owned(), width))
        .to_vec();
    heads.extend(indicators.iter().map(|indicator| (indicator.label(), 14)));
    let mut book = Workbook::with_heads("汇总表", &heads)?;
    let mut line = |name: &str, counts: [i64; 4], vals: &[Option<i64>]| {
        let texts: Vec<String> = indicators
            .iter()
            .map(|indicator| {
                let amount = amount(&sheet, vals, indicator);
                amount.map_or_else(String::new, |amount| indicator.text(&amount).replace(',', ""))
            })
            .collect();
        let mut cells = vec![Cell::Text(name)];
        cells.extend(counts.map(Cell::Number));
        cells.extend(texts.iter().map(|text| Cell::Amount(text)));
        book.row(cells)
    };
    let mut written = 0;
    loop {
        let rows = store::all_children(&mut tx, &code, month, CHUNK, written).await?;
        for row in &rows {
            let counts = [sum(&row.expected), sum(&row.received), sum(&row.on_time), sum(&row.approved)];
            line(&row.name, counts, &row.vals)?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    for row in store::own(&mut tx, &code, month).await? {
        let counts = [row.expected, row.received, row.on_time, row.approved].map(i64::from);
        line(&row.name, counts, &row.vals)?;
    }
    if let Some(whole) = store::of_place(&mut tx, &code, month, month).await?.first() {
        let counts = [sum(&whole.expected), sum(&whole.received), sum(&whole.on_time), sum(&whole.approved)];
        line("合计", counts, &whole.vals)?;
    }
    tx.record(
        Entry::new("导出月报汇总表", "summary", &code, format!("{} {}", place.name, month.label()))
            .after(json!({ "month": month })),
    )
    .await?;
    tx.commit().await?;
    book.finish(&format!("{}_{month}_月报汇总表.xlsx", place.name)).await
}

#[derive(Template)]
#[template(path = "reporting/rollups/history.html")]
struct History {
    chrome: Chrome,
    around: Vec<Division>,
    place: Division,
    indicator: Indicator,
    others: Vec<Indicator>,
    chart: Option<Chart>,
    /// Month, value, value a year before, change since then.
    rows: Vec<(Month, String, String, String)>,
    /// Total of this year so far, for indicators that add up over months.
    year: Option<String>,
}

/// One indicator of a place over 24 months.
pub async fn history(visit: Visit, Path((code, name)): Path<(DivisionCode, String)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (around, place) = reached(&visit, &mut tx, &code).await?;
    let sheet = indicators::sheet_for_all(&mut tx).await?;
    let indicator = sheet.by_code(&name).ok_or(Error::NotFound)?.clone();
    let last = tx.today().month().plus(-1);
    let rollups = store::of_place(&mut tx, &code, last.plus(-35), last).await?;
    let value = |month: Month| {
        let rollup = rollups.iter().find(|rollup| rollup.month == month)?;
        amount(&sheet, &rollup.vals, &indicator)
    };
    let shown = |value: Option<i64>| value.map_or_else(|| "—".to_owned(), |value| indicator.text(&value));
    let months: Vec<Month> = (0..24).map(|ago| last.plus(ago - 23)).collect();
    let rows = months.iter().rev().map(|month| {
        let (now, before) = (value(*month), value(month.plus(-12)));
        let change = match (now, before) {
            (Some(now), Some(before)) if before > 0 && now >= before => format!("+{}", percent(now - before, before)),
            (Some(now), Some(before)) if before > 0 => format!("−{}", percent(before - now, before)),
            _ => "—".to_owned(),
        };
        (*month, shown(now), shown(before), change)
    });
    let rows = rows.collect();
    let unit = 10_i64.pow(indicator.scale);
    let bars: Vec<(String, Vec<i64>)> = months
        .iter()
        .map(|month| (month.to_string(), vec![(value(*month).unwrap_or(0) * 2 + unit) / (unit * 2)]))
        .collect();
    let has_any = months.iter().any(|month| value(*month).is_some());
    let chart = has_any.then(|| {
        chart::columns(&format!("{} 近 24 个月", indicator.label()), std::slice::from_ref(&indicator.name), bars)
    });
    let year = (indicator.aggregation == Aggregation::Sum).then(|| {
        let of_year = months.iter().filter(|month| month.year() == last.year()).filter_map(|month| value(*month));
        indicator.text(&of_year.sum())
    });
    let others = asked(&sheet, None);
    Ok(Html(History { chrome: visit.chrome(), around, place, indicator, others, chart, rows, year }).into_response())
}
