//! The indicator dictionary (指标库) and the forms of the monthly report.
//!
//! An indicator has a *slot* for good: a place in the arrays in which reports keep their
//! values. What it is called and how it is meant has versions; a version holds from a
//! month on, and earlier months keep theirs. A form says which indicators the stations of
//! a level fill in, also from a month on. The dictionary ships with the product
//! (`model/seed.rs`); what a network changes is in its tables and goes before it.
//!
//! Amounts are whole numbers of the last decimal kept: persons, tenths of hours, fen.

mod model;
mod pages;
mod store;

pub use model::{
    Aggregation, BLOCK, Breakdown, Form, Indicator, SLOTS, Section, Sheet, ratio_of, shipped_sheet, slot_of, targets_of,
};
pub use store::{sheet, sheet_for_all};

use crate::{
    access::Act::{ReadReports, SetReporting},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/indicators", May(ReadReports), pages::index)
        .post("/indicators/export", May(ReadReports), pages::export)
        .get("/indicators/new", May(SetReporting), pages::new)
        .post("/indicators", May(SetReporting), pages::create)
        .get("/indicators/{code}", May(ReadReports), pages::show)
        .post("/indicators/{code}", May(SetReporting), pages::save)
        .get("/forms/{level}", May(ReadReports), pages::form)
        .post("/forms/{level}", May(SetReporting), pages::save_form)
}
