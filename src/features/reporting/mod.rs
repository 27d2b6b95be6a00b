//! What stations report each month, and what it adds up to.
//!
//! Values lie in one array by *slot*: a slot is an indicator for good, so sums of all levels
//! and of all form versions are sums of arrays. Breakdowns lie in a second array, a block of
//! 64 places for each slot. Blank is null; not applicable is null and in `na`.
//!
//! A report moves by steps only: `Position::after` is the one `match` that says what may
//! follow, the check of `report_steps` lists the same, and a foreign key ties each step to the
//! one before. What was approved counts until a correction of it is approved.
//!
//! A month that is over freezes what it expects. Sums are recomputed like figures, by where a
//! station lay at the end of the month, so that a move changes who reads a report and no sum.

pub mod indicators;

pub mod reports;

pub mod rollups;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default().merge(indicators::routes()).merge(reports::routes()).merge(rollups::routes())
}
