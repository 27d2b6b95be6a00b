//! The register of stations with its export, and the page of one station.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::{
    model::{BuildRoute, OperationMode, RUNGS, State, StationLevel},
    store::{self, Filter, Period, Row, Station, Totals},
    table,
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::places::divisions::{self, Division},
    kernel::{DivisionCode, Listed, Paging, Problems, Result, StationId},
    web::{Chrome, Form, Html, Path, Query, Sheet, Turn, Visit, filters, hidden_fields, query_string},
};

#[derive(Template)]
#[template(path = "places/stations/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    place: Option<Division>,
    /// The reason why the typed place is unclear.
    unread: Option<String>,
    stations: Listed<Row>,
    totals: Totals,
    turn: Turn,
}

impl Index {
    /// The link that sorts by a column.
    fn sorted(&self, by: &str) -> String {
        let filter = Filter { sort: by.to_owned(), ..self.filter.clone() };
        format!("/stations?{}", query_string(&filter))
    }

    /// The filter as hidden fields of the export form.
    fn fields(&self) -> Vec<(String, String)> {
        hidden_fields(&self.filter)
    }

    /// The network's names for the levels, as choices.
    fn levels(&self) -> Vec<(&'static str, String)> {
        let label = |level: &StationLevel| (level.as_str(), self.chrome.station_level(level.as_str()).to_owned());
        StationLevel::ALL.iter().map(label).collect()
    }
}

pub async fn index(visit: Visit, Query(mut filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reach = visit.visitor.scope.reach.division.clone();
    let (place, unread) = match divisions::asked(&mut tx, &reach, &filter.division).await? {
        Ok(place) => (place, None),
        Err(why) => (None, Some(why)),
    };
    if let Some(place) = &place {
        filter.division = place.code.to_string();
    }
    let (stations, totals) = store::page(&mut tx, &filter.wanted(), paging).await?;
    let turn = Turn::of("/stations", &filter, &stations);
    Ok(Html(Index { chrome: visit.chrome(), filter, place, unread, stations, totals, turn }).into_response())
}

/// Rows held in memory at a time while an export is written.
const CHUNK: i64 = 2000;

pub async fn export(visit: Visit, Form(filter): Form<Filter>) -> Result<Response> {
    let chrome = visit.chrome();
    let mut tx = visit.begin_export().await?;
    let wanted = filter.wanted();
    let mut sheet = Sheet::new("站点名册", &table::export_columns(), false)?;
    let mut written = 0;
    loop {
        let rows = store::rows(&mut tx, &wanted, CHUNK, written).await?;
        for row in &rows {
            let opened_on = row.opened_on.map(|day| day.to_string()).unwrap_or_default();
            let position = row.position().map(|position| position.to_string()).unwrap_or_default();
            sheet.row(table::export_cells(row, chrome.station_level(row.level.as_str()), &opened_on, &position))?;
        }
        let count = i64::try_from(rows.len()).unwrap_or(CHUNK);
        written += count;
        if count < CHUNK {
            break;
        }
    }
    let after = serde_json::json!({ "rows": written, "filter": filter });
    tx.record(Entry::new("导出站点名册", "stations", "", "站点名册").after(after)).await?;
    let day = tx.today();
    tx.commit().await?;
    sheet.finish(&format!("站点名册_{day}.xlsx")).await
}

#[derive(Template)]
#[template(path = "places/stations/show.html")]
pub(super) struct Show {
    chrome: Chrome,
    around: Vec<Division>,
    station: Station,
    periods: Vec<Period>,
    served: Vec<(DivisionCode, String)>,
    rooms: Vec<(StationId, String)>,
    problems: Problems,
    typed: String,
}

impl Show {
    pub(super) async fn page(
        visit: &Visit,
        tx: &mut Tx,
        id: StationId,
        problems: Problems,
        typed: String,
    ) -> Result<Self> {
        let station = store::find(tx, id).await?;
        let mut around = divisions::ancestors(tx, &station.division).await?;
        around.retain(|above| visit.visitor.scope.reach.division.contains(&above.code));
        Ok(Self {
            chrome: visit.chrome(),
            around,
            periods: store::periods(tx, id).await?,
            served: store::served(tx, id).await?,
            rooms: store::following(tx, id).await?.rooms,
            station,
            problems,
            typed,
        })
    }

    fn writes(&self) -> bool {
        self.chrome.may(Act::WriteStations) && self.station.state != State::Closed
    }
}

pub async fn show(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(Show::page(&visit, &mut tx, id, Problems::default(), String::new()).await?).into_response())
}
