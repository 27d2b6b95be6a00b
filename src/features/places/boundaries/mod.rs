//! Boundary changes (区划调整): on a given day a division is merged into another or gets another code,
//! with everything inside it. Its stations, grants and served divisions move to the successor, and
//! each division inside gets a code under it. The old divisions end and name their successors;
//! figures of the past stay with them.

mod model;
mod pages;
mod store;

use crate::{
    access::Act::WriteDivisions,
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default().get("/divisions/{code}/merger", May(WriteDivisions), pages::show).post(
        "/divisions/{code}/merger",
        May(WriteDivisions),
        pages::merge,
    )
}
