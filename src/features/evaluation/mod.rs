//! How stations are scored each year, and what follows from it.
//!
//! `rubrics` knows criteria and methods; `evaluations` takes a station from *scheduled* to
//! *archived*; `surveys` asks how satisfied people are; `panels` seats experts; `scoring` makes
//! scores into results; `publications` makes orders, plaques and letters of final results.
//!
//! **The embargo is a policy.** Scores, settlements and unreleased results are rows that no
//! reach opens. A page, list or export that forgets to open a round shows nothing.
//!
//! **A conflict can't be seated.** A seat refers by foreign key to a clearance that is clear,
//! a score refers to a seat; so the database refuses both, whoever asks.
//!
//! **Points are whole thousandths**, rounded in one function, halves away from zero. A
//! criterion's value is rounded to hundredths before it is added: totals are exact sums of what
//! is shown.

pub mod rubrics;

pub mod evaluations;

pub mod surveys;

pub mod panels;

pub mod scoring;

pub mod publications;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default()
        .merge(rubrics::routes())
        .merge(evaluations::routes())
        .merge(surveys::routes())
        .merge(panels::routes())
        .merge(scoring::routes())
        .merge(publications::routes())
}
