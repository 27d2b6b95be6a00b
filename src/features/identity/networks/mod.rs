//! Networks: the tenants, each one authority's tree of stations with its own names.
//!
//! The platform's operator founds a network and hands its three administrators their first codes;
//! from then on the operator sees nothing of it. The system administrator sets the names the
//! network uses: its levels, its authority, the text in the corner, the contact.

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
