//! What reports add up to (汇总): for each place and month how many were expected, received,
//! in time and approved, and the sums of what was approved, kept so that a page costs the
//! same for a township and for the country.
//!
//! Whoever moves a report marks its place in the same transaction. The worker takes the
//! marks and computes each marked place from its reports, and every place around it from
//! its direct children and what lies in itself, deepest first; computing twice changes
//! nothing. A report counts where its station lay at the end of its month, so that no later
//! move changes a sum. `station-network verify-rollups` computes all of it again from the
//! reports and compares.

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
