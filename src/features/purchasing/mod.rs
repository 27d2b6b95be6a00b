//! Purchased-service projects: what is bought, from which funds, and with what result.
//!
//! Until it is signed a project is *written*: each page replaces its part, provided the version is
//! still the one the page was opened with. After signing, records are only *added*: steps,
//! payments, spending, adjustments, deliverables, evaluations. A record that a payment refers to
//! never changes. `oversight`, on top, asks each part what a step still needs and shows it as the
//! next thing to do.
//!
//! **Money is whole fen.** Running sums are stored on the rows they bound, with checks: paid plus
//! withheld never exceeds the contract, and spending never exceeds its line. A write that moves
//! money locks the project's row first and updates its sums in the same statement.
//!
//! **Rules of funds are data**, judged by one pure function. It takes figures and returns every
//! rule that applies, kept or not, with a sentence that says what would be enough.
//!
//! Row-level security opens a project's child rows by place, for accounts that reach the whole
//! county, or after this transaction has opened the project. A forgotten look-up fails closed: the
//! children stay hidden.

pub mod funds;

pub mod projects;

pub mod appraisals;

pub mod spending;

pub mod payments;

pub mod deliverables;

pub mod filings;

pub mod oversight;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default()
        .merge(funds::routes())
        .merge(projects::routes())
        .merge(appraisals::routes())
        .merge(spending::routes())
        .merge(payments::routes())
        .merge(deliverables::routes())
        .merge(filings::routes())
        .merge(oversight::routes())
}
