//! Figures (数字): for each place and year what was planned, what was built, what
//! runs, how ready it is and how far it covers, kept summed so that a page costs the
//! same whether it stands for a township or the country.
//!
//! Whoever changes a station, task or division marks the divisions concerned in the
//! same transaction. The worker takes the marks and computes each marked place and
//! all around it, deepest first, from its direct children and from what lies in
//! itself; computing twice changes nothing. A year's figures come in two bases:
//! as things lay then (当时), which no later move changes, and as they lie now (现在).

mod compute;
mod model;
mod store;

pub use compute::compute;
pub use store::{Basis, Child, Figures, children, of_place};
