//! Figures (数字): for each place and year the stations planned, built and operating, their readiness
//! and coverage. They are stored as sums, so that a page costs the same for a township as for the
//! country.
//!
//! A feature that changes a station, task or division marks the divisions concerned in the same
//! transaction. The worker claims the marks and computes each marked place and everything around
//! it, deepest first, from its direct children and its own records; computing twice changes
//! nothing. A year's figures come in two bases: stations where they were then (当时), which no later
//! move changes, and where they are now (现在).

mod compute;
mod model;
mod store;

pub use compute::compute;
pub use store::{Basis, Child, Figures, children, of_place};
