//! The forecast: stations by the day on which they will have fewer than two certified workers.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        people::staff::{
            model::{Forecast, count_on, forecast, intervals, masked},
            store,
        },
        places::{
            divisions::{self, Division},
            stations::StationLevel,
        },
    },
    kernel::{Day, DivisionCode, Listed, Paging, Result, StationId},
    web::{Cell, Chrome, Column, Form, Html, Query, Sheet, Turn, Visit, filters},
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    place: String,
    /// Includes village rooms.
    rooms: String,
}

struct Line {
    station: StationId,
    name: String,
    level: StationLevel,
    division_name: String,
    counting: usize,
    forecast: Forecast,
}

#[derive(Template)]
#[template(path = "people/staff/forecast.html")]
struct Show {
    chrome: Chrome,
    filter: Filter,
    place: Division,
    /// Why the typed place can't be resolved.
    unread: Option<String>,
    /// Stations short today, short within 90 days, and all.
    totals: [usize; 3],
    lines: Listed<Line>,
    turn: Turn,
    today: Day,
}

/// Stations of a place, those short now or soonest first.
async fn lines(tx: &mut Tx, within: &DivisionCode, with_rooms: bool, names: bool) -> Result<Vec<Line>> {
    let today = tx.today();
    let rows = store::counted(tx, within, None, with_rooms).await?;
    let mut lines: Vec<Line> = rows
        .chunk_by(|a, b| a.station == b.station)
        .filter_map(|rows| {
            let first = rows.first()?;
            let spans: Vec<_> = rows
                .iter()
                .filter_map(|row| {
                    let (person, name, since) = (row.person?, row.name.as_deref()?, row.since?);
                    let valid = [(row.valid_from?, row.valid_to?)];
                    Some((person, masked(name, names), (since, row.until, row.contract_until), valid))
                })
                .collect();
            // Merges the periods of one post before they are cut at its end.
            let spans: Vec<_> = spans
                .chunk_by(|a, b| a.0 == b.0 && a.2 == b.2)
                .filter_map(|rows| {
                    let (person, name, post, _) = rows.first()?;
                    let valid: Vec<_> = rows.iter().flat_map(|row| row.3).collect();
                    Some(intervals(*person, name, *post, &valid))
                })
                .flatten()
                .collect();
            Some(Line {
                station: first.station,
                name: first.station_name.clone(),
                level: first.level,
                division_name: first.division_name.clone(),
                counting: count_on(&spans, today),
                forecast: forecast(&spans, today),
            })
        })
        .collect();
    lines.sort_by_key(|line| match &line.forecast {
        Forecast::Short => (0, today),
        Forecast::Falls { on, .. } => (1, *on),
        Forecast::Holds => (2, today),
    });
    Ok(lines)
}

/// Days ahead within which a shortage counts as near.
const NEAR: i64 = 90;

pub async fn show(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let chrome = visit.chrome();
    let names = chrome.may(Act::ReadNames);
    let reach = visit.visitor.scope.reach.division.clone();
    let mut tx = visit.begin().await?;
    let today = tx.today();
    let (place, unread) = match divisions::asked(&mut tx, &reach, &filter.place).await? {
        Ok(Some(place)) => (place, None),
        Ok(None) => (divisions::find(&mut tx, &reach).await?, None),
        Err(why) => (divisions::find(&mut tx, &reach).await?, Some(why)),
    };
    let code = place.code.clone();
    let lines = lines(&mut tx, &code, !filter.rooms.is_empty(), names).await?;
    let short = lines.iter().filter(|line| line.forecast == Forecast::Short).count();
    let near = lines
        .iter()
        .filter(|line| matches!(&line.forecast, Forecast::Falls { on, .. } if today.days_to(*on) <= NEAR))
        .count();
    let totals = [short, near, lines.len()];
    let total = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let paging = paging.within(total);
    let skip = usize::try_from(paging.offset()).unwrap_or_default();
    let take = usize::try_from(paging.size()).unwrap_or_default();
    let rows = lines.into_iter().skip(skip).take(take).collect();
    let lines = Listed { rows, total, paging };
    let turn = Turn::of("/staff/forecast", &filter, &lines);
    Ok(Html(Show { chrome, filter, place, unread, totals, lines, turn, today }).into_response())
}

/// Exports the forecast as a workbook.
pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let chrome = visit.chrome();
    let reach = visit.visitor.scope.reach.division.clone();
    let mut tx = visit.begin_export().await?;
    let place = match divisions::asked(&mut tx, &reach, &filter.place).await? {
        Ok(Some(place)) => place,
        _ => divisions::find(&mut tx, &reach).await?,
    };
    let lines = lines(&mut tx, &place.code, !filter.rooms.is_empty(), chrome.may(Act::ReadNames)).await?;
    let heads = [("站点", 30), ("级别", 12), ("所在区划", 18), ("现在（人）", 10), ("不足 2 人从", 14), ("原因", 40)];
    let mut sheet = Sheet::new("持证预警", &heads.map(|(head, width)| Column::new(head, width)), false)?;
    for line in &lines {
        let (from, why) = match &line.forecast {
            Forecast::Short => ("现在".to_owned(), String::new()),
            Forecast::Holds => (String::new(), String::new()),
            Forecast::Falls { on, because } => {
                let why: Vec<String> =
                    because.iter().map(|(name, reason)| format!("{name}{}", reason.label())).collect();
                (on.to_string(), why.join("、"))
            }
        };
        sheet.row([
            Cell::Text(&line.name),
            Cell::Text(chrome.station_level(line.level.as_str())),
            Cell::Text(&line.division_name),
            Cell::Number(i64::try_from(line.counting).unwrap_or(i64::MAX)),
            Cell::Text(&from),
            Cell::Text(&why),
        ])?;
    }
    let after = serde_json::json!({ "rows": lines.len(), "place": place.name });
    tx.record(Entry::new("导出持证预警", "staff", "", &place.name).after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("持证预警_{}_{day}.xlsx", place.name)).await
}
