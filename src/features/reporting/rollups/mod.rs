//! Sums of reports (汇总): for each place and month, how many reports were expected, received, on
//! time and approved, and the totals of the approved ones. They are stored, so a page costs the
//! same for a township and for the country.
//!
//! Any step of a report marks its place in the same transaction. The worker picks up the marks and
//! recomputes, deepest first, each marked place from its reports and every place above from its
//! direct children and its own reports; computing twice changes nothing. A report counts where its
//! station was at the end of its month, so no later move changes a sum.
//! `station-network verify-rollups` recomputes everything from the reports and compares.

mod compute;
mod pages;
mod store;
mod verify;

pub use compute::compute;
pub use store::{Rollup, of_place};
pub use verify::{Difference, verify};

use crate::{
    access::Act::ReadFigures,
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/summary", May(ReadFigures), pages::home)
        .get("/summary/{code}", May(ReadFigures), pages::show)
        .post("/summary/{code}/export", May(ReadFigures), pages::export)
        .get("/summary/{code}/indicators/{indicator}", May(ReadFigures), pages::history)
}
