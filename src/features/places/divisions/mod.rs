//! Administrative divisions (区划), copied for each network from the statistics
//! bureau's codes and limited to its root.
//!
//! Names, mergers and new codes have dates: a division that gets another name keeps
//! the old one with its last day; one that is merged ends and names what followed
//! it, and what lay in it moves there from that day on (`features::places::stations` does
//! both halves, as the later feature). Figures of the past stay what they were.

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
