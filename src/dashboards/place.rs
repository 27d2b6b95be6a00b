//! The overview of one place: its figures, charts and stations, and the places below it.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::{
    access::Act,
    features::places::{
        divisions::{self, Division},
        figures::{self, Basis, Child, Figures},
        stations::{self, Card, Filter as StationFilter, RUNGS, Row, StationLevel},
    },
    kernel::{Day, DivisionCode, Error, Level, Listed, Paging, Result, percent},
    web::{Chart, Chrome, Html, Path, Query, TodoItem, Turn, Visit, chart, filters},
};

use super::todo;

/// Stations listed on a township's page; the register has the rest.
const STATIONS: i64 = 100;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    year: Option<i32>,
    basis: String,
}

#[derive(Template)]
#[template(path = "dashboards/show.html")]
struct Show {
    chrome: Chrome,
    around: Vec<Division>,
    place: Division,
    year: i32,
    years: Vec<i32>,
    basis: Basis,
    figures: Option<Figures>,
    children: Listed<Child>,
    turn: Turn,
    /// Figures of the place itself and of no place below it: its general station.
    own: [i64; 3],
    charts: Vec<Chart>,
    stations: Vec<Row>,
    cards: Vec<Card>,
    todo: Vec<TodoItem>,
}

impl Show {
    fn sum(&self, of: &[i32]) -> i64 {
        of.iter().map(|n| i64::from(*n)).sum()
    }

    fn rate(&self, built: &[i32], planned: &[i32]) -> String {
        percent(self.sum(built), self.sum(planned))
    }

    /// Share of places with their own station or covered by a neighbour's.
    fn coverage(&self, of: &[i32]) -> String {
        percent(i64::from(of[1] + of[2]), i64::from(of[0]))
    }

    /// Share of operating stations at or above the first rung of the readiness ladder.
    fn ready(&self, of: &[i32]) -> String {
        percent(i64::from(of[1] + of[2] + of[3]), self.sum(of))
    }

    fn address(&self, code: &DivisionCode, year: &i32, basis: &Basis) -> String {
        format!("/places/{}?year={year}&basis={}", code.path(), basis.as_str())
    }

    fn plans(&self) -> bool {
        self.figures.as_ref().is_some_and(|figures| self.sum(&figures.planned) > 0)
    }

    fn median(&self, bp: &i32) -> String {
        percent(i64::from(*bp), 10_000)
    }

    fn has_own(&self) -> bool {
        self.own.iter().any(|n| *n != 0)
    }
}

pub async fn show(
    visit: Visit,
    Path(code): Path<DivisionCode>,
    Query(filter): Query<Filter>,
    Query(paging): Query<Paging>,
) -> Result<Response> {
    of(&visit, &code, &filter, paging).await
}

/// The overview of a place within reach.
pub async fn of(visit: &Visit, code: &DivisionCode, filter: &Filter, paging: Paging) -> Result<Response> {
    let reach = &visit.visitor.scope.reach.division;
    if !reach.contains(code) {
        return Err(Error::NotFound);
    }
    let chrome = visit.chrome();
    let basis = Basis::parse(&filter.basis).unwrap_or(Basis::Then);
    let mut tx = visit.begin().await?;
    let (mut around, names) = divisions::ancestors_and_names(&mut tx, code).await?;
    let mut place = around.pop().filter(|place| place.code == *code).ok_or(Error::NotFound)?;
    around.retain(|above| reach.contains(&above.code));
    let all = figures::of_place(&mut tx, code, basis).await?;
    let with_tasks = all.iter().find(|figures| figures.planned.iter().any(|n| *n > 0));
    let with_openings = all.iter().find(|figures| figures.built.iter().any(|n| *n > 0));
    let usual = with_tasks.or(with_openings).or(all.first()).map_or_else(|| tx.today().year(), |figures| figures.year);
    let year = filter.year.unwrap_or(usual);
    if basis == Basis::Then {
        place.name = divisions::name_on(&place, &names, Day::end_of(year));
    }
    let figures = all.iter().find(|figures| figures.year == year).cloned();
    let children = match place.level {
        Level::Township | Level::Village => Listed { rows: vec![], total: 0, paging },
        _ => figures::children(&mut tx, code, year, basis, paging).await?,
    };
    let (stations, cards) = match place.level {
        Level::Township | Level::Village => {
            let wanted = StationFilter { division: code.to_string(), ..StationFilter::default() }.wanted();
            (stations::rows(&mut tx, &wanted, STATIONS, 0).await?, stations::cards(&mut tx, code).await?)
        }
        _ => (vec![], vec![]),
    };
    let own = match (&figures, children.rows.first()) {
        (Some(whole), Some(first)) => {
            let sum = |of: &[i32]| of.iter().map(|n| i64::from(*n)).sum::<i64>();
            [
                sum(&whole.planned) - first.all_planned,
                sum(&whole.built) - first.all_built,
                sum(&whole.operating) - first.all_operating,
            ]
        }
        _ => [0; 3],
    };
    let own_place = visit.visitor.scope.reach.division == *code;
    let todo = if own_place { todo::of(visit, &mut tx).await? } else { vec![] };
    let charts = charts(&chrome, &all, figures.as_ref(), place.level);
    let query = Filter { year: Some(year), basis: basis.as_str().to_owned() };
    let turn = Turn::of(&format!("/places/{}", code.path()), &query, &children);
    let mut years: Vec<i32> = all.iter().map(|figures| figures.year).collect();
    if !years.contains(&year) {
        years.push(year);
    }
    years.sort_unstable_by(|a, b| b.cmp(a));
    let page =
        Show { chrome, around, place, year, years, basis, figures, children, turn, own, charts, stations, cards, todo };
    Ok(Html(page).into_response())
}

/// The charts: stations built by year and level, readiness, coverage.
fn charts(chrome: &Chrome, all: &[Figures], figures: Option<&Figures>, level: Level) -> Vec<Chart> {
    let levels: Vec<String> =
        StationLevel::ALL.iter().map(|level| chrome.station_level(level.as_str()).to_owned()).collect();
    let wide = |values: &[i32]| values.iter().map(|n| i64::from(*n)).collect::<Vec<_>>();
    let mut by_year: Vec<(String, Vec<i64>)> =
        all.iter().take(8).map(|figures| (figures.year.to_string(), wide(&figures.built))).collect();
    by_year.reverse();
    let mut charts = vec![];
    if by_year.iter().any(|(_, values)| values.iter().any(|n| *n > 0)) {
        charts.push(chart::columns("各年建成站点（个）", &levels, by_year));
    }
    let Some(figures) = figures else { return charts };
    if figures.operating.iter().any(|n| *n > 0) {
        let rows = RUNGS.iter().zip(wide(&figures.readiness)).map(|(name, n)| ((*name).to_owned(), vec![n])).collect();
        charts.push(chart::bars(
            "运行站点建设达标情况（个，按现在的检查结果）",
            &[("c1", "站点数".to_owned())],
            rows,
            false,
        ));
    }
    if level < Level::Village {
        let rest = |of: &[i32]| vec![i64::from(of[1]), i64::from(of[2]), i64::from(of[0] - of[1] - of[2])];
        let mut rows = vec![];
        if level < Level::Township {
            rows.push(("乡镇（街道）".to_owned(), rest(&figures.townships)));
        }
        if figures.villages[0] > 0 {
            rows.push(("村（社区）".to_owned(), rest(&figures.villages)));
        }
        let series =
            [("c1", "有自己的站点".to_owned()), ("c2", "由片区站点覆盖".to_owned()), ("c0", "未覆盖".to_owned())];
        if !rows.is_empty() {
            charts.push(chart::bars("服务覆盖（个）", &series, rows, true));
        }
    }
    charts
}
