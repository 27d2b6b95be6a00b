//! Agencies (承接机构) that operate stations and carry out purchased services: the register, their
//! grades and annual inspections, and whether they may take on work.
//!
//! ```text
//! active ◀──▶ suspended
//!   ▲  │          │
//!   │  ▼          ▼
//!   └─ barred ◀───┘
//! ```
//!
//! A suspended or barred agency keeps the work it has and gets nothing new: it cannot be chosen for
//! a station. Every change of standing needs a reason.

mod import;
mod model;
mod pages;
mod store;

pub use model::{Agency, Eligibility, Inspection, Standing};
pub use store::{choices, eligibility, find, insert, inspect, name, set_standing};

use crate::{
    access::Act::{ReadStations, WriteAgencies},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/agencies", May(ReadStations), pages::index)
        .post("/agencies/export", May(ReadStations), pages::export)
        .get("/agencies/import", May(WriteAgencies), import::new)
        .get("/agencies/import/template", May(WriteAgencies), import::template)
        .upload("/agencies/import", May(WriteAgencies), import::read)
        .get("/agencies/import/{id}", May(WriteAgencies), import::show)
        .post("/agencies/import/{id}", May(WriteAgencies), import::confirm)
        .post("/agencies/import/{id}/refused", May(WriteAgencies), import::refused)
        .get("/agencies/new", May(WriteAgencies), pages::new)
        .post("/agencies", May(WriteAgencies), pages::create)
        .get("/agencies/{id}", May(ReadStations), pages::show)
        .get("/agencies/{id}/edit", May(WriteAgencies), pages::edit)
        .post("/agencies/{id}", May(WriteAgencies), pages::update)
        .post("/agencies/{id}/standing", May(WriteAgencies), pages::set_standing)
        .post("/agencies/{id}/inspections", May(WriteAgencies), pages::inspect)
}
