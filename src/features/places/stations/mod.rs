//! Stations (站点): general station (总站) → township station (站) → village room (室), each with its
//! division, parent station and mode of operation.
//!
//! ```text
//! planned ──▶ preparing ──▶ operating ◀──▶ suspended
//!    │            │             │              │
//!    └────────────┴──────▶ closed ◀────────────┘
//! ```
//!
//! A station's life is a series of periods, each with its dates, division, level, name, parent and
//! state. A change begins a new period and leaves old ones alone, so that figures of the past don't
//! change. Moving a station only changes who reaches it from now on. Merging closes one station
//! into another, which takes over its rooms and serves its division.

mod model;
mod pages;
mod store;
mod table;

pub use model::{BuildRoute, Facts, NewStation, OperationMode, RUNGS, Recognition, State, StationLevel};
pub use store::{
    Card, Filter, Row, Station, cards, find, find_by_codes, insert, of_reach, page, present_since, relocate, rows,
    serve, set_readiness, set_state, within,
};

use crate::{
    access::Act::{ReadStations, WriteStations},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/stations", May(ReadStations), pages::list::index)
        .post("/stations/export", May(ReadStations), pages::list::export)
        .get("/stations/new", May(WriteStations), pages::write::new)
        .post("/stations", May(WriteStations), pages::write::create)
        .get("/stations/import", May(WriteStations), pages::import::new)
        .get("/stations/import/template", May(WriteStations), pages::import::template)
        .upload("/stations/import", May(WriteStations), pages::import::read)
        .get("/stations/import/{id}", May(WriteStations), pages::import::show)
        .post("/stations/import/{id}", May(WriteStations), pages::import::confirm)
        .post("/stations/import/{id}/refused", May(WriteStations), pages::import::refused)
        .get("/stations/{id}", May(ReadStations), pages::list::show)
        .get("/stations/{id}/edit", May(WriteStations), pages::write::edit)
        .post("/stations/{id}", May(WriteStations), pages::write::update)
        .get("/stations/{id}/state", May(WriteStations), pages::life::state)
        .post("/stations/{id}/state", May(WriteStations), pages::life::change_state)
        .get("/stations/{id}/move", May(WriteStations), pages::life::moving)
        .post("/stations/{id}/move", May(WriteStations), pages::life::relocate)
        .get("/stations/{id}/merge", May(WriteStations), pages::life::merging)
        .post("/stations/{id}/merge", May(WriteStations), pages::life::merge)
        .post("/stations/{id}/served", May(WriteStations), pages::life::serve)
        .post("/stations/{id}/served/{code}/removal", May(WriteStations), pages::life::unserve)
}
