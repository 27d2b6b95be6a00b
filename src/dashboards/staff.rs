//! The staff overview of a place at the end of a month, or today.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::{
    access::Act,
    features::{
        people::{
            certificates::Level,
            staff::{self, Count},
        },
        places::divisions::{self, Division},
    },
    kernel::{Day, DivisionCode, Error, Level as PlaceLevel, Month, Result},
    web::{Chart, Chrome, Html, Query, Visit, chart, filters},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    place: String,
    month: String,
}

/// A place below, with its staff figures.
struct Line {
    division: Division,
    count: Count,
}

#[derive(Template)]
#[template(path = "people/staff/overview.html")]
struct Overview {
    chrome: Chrome,
    around: Vec<Division>,
    place: Division,
    /// The month as typed; empty means today.
    month: String,
    unread: Option<&'static str>,
    day: Day,
    whole: Count,
    lines: Vec<Line>,
    charts: Vec<Chart>,
}

impl Overview {
    fn link(&self, code: &DivisionCode) -> String {
        format!("/staff?place={}&month={}", code.path(), self.month)
    }
}

/// Months ahead for which lapsing registrations are shown.
const AHEAD: i32 = 12;

pub async fn show(visit: Visit, Query(filter): Query<Filter>) -> Result<Response> {
    let reach = visit.visitor.scope.reach.division.clone();
    let code = match filter.place.as_str() {
        "" => reach.clone(),
        typed => DivisionCode::parse(typed).ok().filter(|code| reach.contains(code)).ok_or(Error::NotFound)?,
    };
    let mut tx = visit.begin().await?;
    let today = tx.today();
    let month = filter.month.trim().to_owned();
    let (day, unread) = match month.parse::<Month>() {
        Ok(month) if month.first() > today => (today, Some("这个月还没到，下面是今天的情况。")),
        Ok(month) => (month.last().min(today), None),
        Err(_) if month.is_empty() => (today, None),
        Err(why) => (today, Some(why)),
    };
    let mut around = divisions::ancestors(&mut tx, &code).await?;
    let place = around.pop().filter(|place| place.code == code).ok_or(Error::NotFound)?;
    around.retain(|above| reach.contains(&above.code));
    let children = match place.level {
        PlaceLevel::Township | PlaceLevel::Village => vec![],
        _ => divisions::children(&mut tx, &code).await?,
    };
    let codes: Vec<String> =
        [&code].into_iter().chain(children.iter().map(|child| &child.code)).map(ToString::to_string).collect();
    let mut counts = staff::counts(&mut tx, &codes, day).await?.into_iter();
    let whole = counts.next().ok_or(Error::NotFound)?;
    let lines: Vec<Line> = children
        .into_iter()
        .zip(counts)
        .filter(|(division, count)| division.until.is_none() || count.heads > 0)
        .map(|(division, count)| Line { division, count })
        .collect();
    let levels = staff::by_level(&mut tx, &code, day).await?;
    let first = today.month();
    let lapsing = staff::lapsing(&mut tx, &code, first.plus(AHEAD - 1).last()).await?;
    let level_rows = Level::ALL
        .iter()
        .rev()
        .map(|level| {
            let count = levels.iter().find(|(of, _)| of == level).map_or(0, |(_, count)| *count);
            (level.label().to_owned(), vec![count])
        })
        .collect();
    let month_rows = (0..AHEAD)
        .map(|ahead| {
            let month = first.plus(ahead).to_string();
            let count = lapsing.iter().find(|of| of.month == month).map_or(0, |of| of.count);
            let short = month.get(5..).unwrap_or_default().trim_start_matches('0').to_owned();
            (format!("{short}月"), vec![count])
        })
        .collect();
    let mut charts = vec![
        chart::bars("持证人员的最高证书（人）", &[("c1", "人数".to_owned())], level_rows, false),
        chart::columns("从今天起十二个月内登记到期（人）", &["人数".to_owned()], month_rows),
    ];
    if !lines.is_empty() {
        let rows = lines
            .iter()
            .filter(|line| line.count.heads > 0)
            .map(|line| {
                let Count { valid, heads, .. } = line.count;
                (line.division.name.clone(), vec![valid, heads - valid])
            })
            .collect();
        let series = [("c1", "登记有效".to_owned()), ("c0", "其他".to_owned())];
        charts.push(chart::bars("各地登记有效的比例", &series, rows, true));
    }
    let page = Overview { chrome: visit.chrome(), around, place, month, unread, day, whole, lines, charts };
    Ok(Html(page).into_response())
}
