//! Boundaries (区划调整): a division is merged into another or gets another code, with
//! all inside it, on a day. What lay in it goes over: stations, the reach of grants,
//! what is served; each division inside gets a code under the new one. The old
//! divisions end and name what followed them; figures of the past stay with them.

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
