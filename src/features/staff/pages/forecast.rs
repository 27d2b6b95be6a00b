//! Stations by the day on which they will have fewer than two.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::{
    access::Act,
    features::{
        divisions::{self, Division},
        staff::{
            model::{Forecast, count_on, forecast, intervals, masked},
            store,
        },
        stations::StationLevel,
    },
    kernel::{Day, Listed, Paging, Result, StationId},
    web::{Chrome, Html, Query, Turn, Visit},
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    place: String,
    /// With village rooms.
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
#[template(path = "staff/forecast.html")]
struct Show {
    chrome: Chrome,
    filter: Filter,
    place: Division,
    /// Why the place that was typed can't be told.
    unread: Option<String>,
    /// Short today; short within 90 days; of all.
    totals: [usize; 3],
    lines: Listed<Line>,
    turn: Turn,
    today: Day,
}

/// How far ahead a fall is counted as near.
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
    let rows = store::counted(&mut tx, &code, None, !filter.rooms.is_empty()).await?;
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
            // Stretches of one post run together before they meet its end.
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
