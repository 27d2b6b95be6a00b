//! Purchased-service projects: what is bought, out of which funds, and what became of it.
//!
//! Until it is signed a project is *written*: each page replaces its part where the version is
//! still the one it carried. From then on things are only *added*: steps, payments, spending,
//! adjustments, deliverables, appraisals. What a payment refers to never changes under it.
//! `oversight`, on top, asks each part what a step still needs and shows it as the next thing
//! to do.
//!
//! **Money is whole fen.** Running sums stand on the rows they bound, with checks: paid plus
//! withheld never exceeds the contract, spent never the line. A write that moves money locks
//! the project's row first and carries its sums in the same statement.
//!
//! **Rules of funds are data**, judged by one pure function: figures in, every rule that
//! applies out, kept or not, with a sentence that says what would be enough.
//!
//! What belongs to a project opens by place, for whoever reaches the county whole, or because
//! this transaction has opened the project. If a look-up is forgotten the children stay
//! hidden.

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
