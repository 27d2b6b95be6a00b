//! Administrative divisions (区划), copied for each network from the statistics bureau's codes and
//! limited to the network's root.
//!
//! Names, mergers and new codes have dates. A renamed division keeps the old name with its last
//! day. A merged division ends and names its successor, and everything in it moves there from that
//! day on (`features::places::boundaries`). Figures of the past don't change.

mod import;
mod model;
mod pages;
mod store;

pub use import::{Source, import};
pub use model::Division;
pub use store::{
    ancestors, ancestors_and_names, asked, begin, called, children, end, find, find_all, mark, name_on, named, rename,
    root, within,
};

use crate::{
    access::Act::{ReadStations, WriteDivisions},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/divisions", May(ReadStations), pages::index)
        .get("/divisions/{code}", May(ReadStations), pages::show)
        .post("/divisions/{code}/name", May(WriteDivisions), pages::rename)
}
