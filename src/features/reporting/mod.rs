//! Monthly reports of stations, the indicators in them, and their sums.
//!
//! A report's values are one array indexed by *slot*: a slot belongs to one indicator for good, so
//! sums across levels and form versions are sums of arrays. Breakdowns are a second array with a
//! block of 64 places per slot. Blank is null; not applicable is null and listed in `na`.
//!
//! A report moves by steps only. `Position::after` is the one `match` that says which step may
//! follow; the check on `report_steps` lists the same steps, and a foreign key ties each step to
//! the one before. Approved figures count until a correction of them is approved.
//!
//! When a month ends, the set of reports it expects is frozen. Sums are recomputed in the
//! background by where a station was at the end of the month: a move changes who may read a report,
//! but no sum.

pub mod indicators;

pub mod reports;

pub mod rollups;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default().merge(indicators::routes()).merge(reports::routes()).merge(rollups::routes())
}
