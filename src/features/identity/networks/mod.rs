//! Networks: one authority's tree of stations each, and how it speaks.
//!
//! The platform's operator founds a network and hands its three administrators
//! their first codes; from then on the operator sees nothing of it. The system
//! administrator says how the network is called: the names of the levels, the
//! authority, the sign in the corner, whom to call.

mod model;
mod pages;
mod store;

pub use model::{NewNetwork, PLATFORM};
pub use store::{found, root, settings};

use crate::{
    access::Act::{FoundNetworks, ManageSettings},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/networks", May(FoundNetworks), pages::index)
        .get("/networks/new", May(FoundNetworks), pages::new)
        .post("/networks", May(FoundNetworks), pages::create)
        .get("/settings", May(ManageSettings), pages::settings)
        .post("/settings", May(ManageSettings), pages::save_settings)
}
