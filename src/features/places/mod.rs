//! Divisions, the agencies that run stations, the stations with their life, readiness and standing,
//! and the figures that add up the tree.
//!
//! **A station's life is a series of periods.** Another name, level, parent or division begins a
//! new period and leaves the old ones alone. Figures of a year come in two bases: 当时, with stations
//! where they were at the end of that year, which nothing later changes, and 现在, with stations
//! where they are today. Divisions end and name their successor.
//!
//! **Figures.** A write marks its place; the worker recomputes the place and everything around it,
//! deepest first, each from its direct children, and ranks siblings. A dashboard reads stored
//! figures, so its cost doesn't grow with the number of places below.
//!
//! **Standing.** Contracts and payments must know a station's grade, but they may not depend on
//! evaluations, which come later in the order of features. So an evaluation round that becomes
//! final writes its grades down in `standing`, and other features read them there.

pub mod divisions;

pub mod agencies;

pub mod stations;

pub mod boundaries;

pub mod readiness;

pub mod standing;

pub mod figures;

pub mod tasks;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default()
        .merge(divisions::routes())
        .merge(agencies::routes())
        .merge(stations::routes())
        .merge(boundaries::routes())
        .merge(readiness::routes())
        .merge(standing::routes())
        .merge(tasks::routes())
}
