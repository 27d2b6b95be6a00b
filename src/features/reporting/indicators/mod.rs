//! The indicator dictionary (指标库) and the forms of the monthly report.
//!
//! An indicator keeps its *slot* for good: its position in the arrays that hold a report's values.
//! Its name and definition are versioned: a version takes effect from a month on, and earlier
//! months keep the one before. A form lists the indicators that the stations of a level fill in,
//! also from a month on. The dictionary ships with the product (`model/seed.rs`); a network's
//! changes are stored in its tables and take precedence.
//!
//! Amounts are integers in units of the last decimal kept: persons, tenths of hours, fen.

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
