//! The year's build tasks by county, and the form for one county.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::store::{self, County, Task};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::places::{
        divisions::{self, Division},
        figures::{self, Basis},
        stations::{BuildRoute, StationLevel},
    },
    kernel::{DivisionCode, Error, Level, Listed, Paging, Problems, Result, number, percent},
    web::{Chrome, Form, Html, Invalid, Path, Query, Turn, Visit, filters, see_other_done},
};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    year: Option<i32>,
}

#[derive(Template)]
#[template(path = "places/tasks/index.html")]
struct Index {
    chrome: Chrome,
    year: i32,
    years: Vec<i32>,
    counties: Listed<County>,
    /// Over the whole reach: planned and built by level, summed over all pages.
    planned: Vec<i32>,
    built: Vec<i32>,
    turn: Turn,
}

impl Index {
    fn sum(&self, of: &[i32]) -> i64 {
        of.iter().map(|n| i64::from(*n)).sum()
    }

    fn rate(&self, built: &[i32], planned: &[i32]) -> String {
        percent(self.sum(built), self.sum(planned))
    }
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut years = store::years(&mut tx).await?;
    let this_year = tx.today().year();
    let year = filter.year.filter(|year| (2000..=2100).contains(year)).or(years.first().copied()).unwrap_or(this_year);
    for wanted in [year, this_year, this_year + 1] {
        if !years.contains(&wanted) {
            years.push(wanted);
        }
    }
    years.sort_unstable_by(|a, b| b.cmp(a));
    let counties = store::counties(&mut tx, year, paging).await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let whole = figures::of_place(&mut tx, &reach, Basis::Then).await?.into_iter().find(|figures| figures.year == year);
    let built = whole.map_or(vec![0; 3], |whole| whole.built);
    let planned = store::planned(&mut tx, year).await?;
    let turn = Turn::of("/tasks", &Filter { year: Some(year) }, &counties);
    Ok(Html(Index { chrome: visit.chrome(), year, years, counties, planned, built, turn }).into_response())
}

#[derive(Template)]
#[template(path = "places/tasks/edit.html")]
struct Edit {
    chrome: Chrome,
    place: Division,
    year: i32,
    /// Input by level and route.
    typed: Vec<(String, String)>,
    problems: Problems,
}

/// The name of a field in the grid.
fn field(level: StationLevel, route: BuildRoute) -> String {
    format!("{}-{}", level.as_str(), route.as_str())
}

impl Edit {
    fn value(&self, level: &StationLevel, route: &BuildRoute) -> &str {
        let name = field(*level, *route);
        self.typed.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str())
    }
}

/// A place within reach that can have tasks; also checks that the year can be planned for.
async fn county(visit: &Visit, tx: &mut Tx, code: &DivisionCode, year: i32) -> Result<Division> {
    if !visit.visitor.scope.reach.division.contains(code) || !(2000..=2100).contains(&year) {
        return Err(Error::NotFound);
    }
    let place = divisions::find(tx, code).await?;
    if matches!(place.level, Level::City | Level::County) && place.until.is_none() {
        Ok(place)
    } else {
        Err(Error::NotFound)
    }
}

pub async fn edit(visit: Visit, Path((code, year)): Path<(DivisionCode, i32)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let place = county(&visit, &mut tx, &code, year).await?;
    let tasks = store::of_county(&mut tx, &code, year).await?;
    let typed = tasks.iter().map(|task| (field(task.level, task.build_route), task.planned.to_string())).collect();
    Ok(Html(Edit { chrome: visit.chrome(), place, year, typed, problems: Problems::default() }).into_response())
}

pub async fn save(
    visit: Visit,
    Path((code, year)): Path<(DivisionCode, i32)>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let place = county(&visit, &mut tx, &code, year).await?;
    let mut problems = Problems::default();
    let mut tasks = vec![];
    for level in StationLevel::ALL.iter().copied() {
        for route in BuildRoute::ALL.iter().copied() {
            let name = field(level, route);
            let value = typed.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.trim());
            match number(value) {
                _ if value.is_empty() => {}
                Ok(0) => {}
                Ok(planned @ 1..=100_000) => tasks.push(Task { level, build_route: route, planned }),
                Ok(_) => problems.note(
                    "tasks",
                    format!(
                        "「{}」的{}任务数太大，请核对。",
                        route.label(),
                        visit.chrome().station_level(level.as_str())
                    ),
                ),
                Err(why) => problems.note(
                    "tasks",
                    format!(
                        "「{}」的{}填了「{value}」：{why}",
                        route.label(),
                        visit.chrome().station_level(level.as_str())
                    ),
                ),
            }
        }
    }
    if !problems.is_empty() {
        return Ok(Invalid(Edit { chrome: visit.chrome(), place, year, typed, problems }).into_response());
    }
    let before = store::of_county(&mut tx, &code, year).await?;
    store::set(&mut tx, &code, year, &tasks).await?;
    let label = format!("{} {year} 年", place.name);
    let entry = Entry::new("下达建设任务", "task", format!("{code}/{year}"), label);
    tx.record(entry.before(serde_json::json!({ "tasks": before })).after(serde_json::json!({ "tasks": tasks })))
        .await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/tasks?year={year}"), "saved"))
}
