//! Annual scoring of stations, and the consequences of the results.
//!
//! `rubrics` defines criteria and methods; `evaluations` takes a station from *scheduled* to
//! *archived*; `surveys` measures satisfaction; `panels` seats experts; `scoring` turns
//! scores into results; `publications` issues orders, plaques and letters for final results.
//!
//! **The embargo is a row level security policy.** Reach alone never opens scores,
//! settlements or unreleased results. A page, list or export that forgets to open a round
//! shows nothing.
//!
//! **A pair in conflict cannot be seated.** A seat has a foreign key to a clearance that must
//! be clear, and a score has a foreign key to a seat, so the database refuses both, whoever
//! asks.
//!
//! **Points are whole thousandths.** One function rounds them, halves away from zero. Each
//! line's value is rounded to hundredths before it is added, so totals are exact sums of the
//! values shown.

pub mod rubrics;

pub mod evaluations;

pub mod surveys;

pub mod panels;

pub mod scoring;

pub mod publications;

use crate::web::Routes;

/// The routes of all evaluation features.
pub fn routes() -> Routes {
    Routes::default()
        .merge(rubrics::routes())
        .merge(evaluations::routes())
        .merge(surveys::routes())
        .merge(panels::routes())
        .merge(scoring::routes())
        .merge(publications::routes())
}
