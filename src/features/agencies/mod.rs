//! Agencies (承接机构) that operate stations by purchased service: a small register.

mod pages;
mod store;

pub use store::{Agency, all, insert};

use crate::{
    access::Act::{ReadStations, WriteAgencies},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/agencies", May(ReadStations), pages::index)
        .get("/agencies/new", May(WriteAgencies), pages::new)
        .post("/agencies", May(WriteAgencies), pages::create)
        .get("/agencies/{id}", May(WriteAgencies), pages::edit)
        .post("/agencies/{id}", May(WriteAgencies), pages::update)
}
