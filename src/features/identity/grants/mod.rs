//! Grants (授权): who may act as what, how far and how long. The security
//! administrator's alone: nobody grants to themselves, an administrator's account
//! holds that one role, and the ceiling of every grant is the network. A deputy (代理)
//! takes over somebody's grant for some days, under their own name. Whoever holds
//! several grants acts as one at a time and switches between them.

mod model;
mod pages;
mod store;

use crate::{
    access::Act::ManageGrants,
    web::{
        Routes,
        Who::{May, SignedIn},
    },
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/grants", May(ManageGrants), pages::index)
        .get("/grants/new", May(ManageGrants), pages::new)
        .post("/grants", May(ManageGrants), pages::create)
        .post("/grants/{id}/end", May(ManageGrants), pages::end)
        .get("/grants/{id}/deputy", May(ManageGrants), pages::deputy)
        .post("/grants/{id}/deputy", May(ManageGrants), pages::appoint)
        .get("/account/grants", SignedIn, pages::own)
        .post("/account/grants/{id}/activation", SignedIn, pages::switch)
}
