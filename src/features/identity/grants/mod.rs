//! Grants (授权): role, reach and period of what an account may do. Only the security administrator
//! makes them: nobody grants to themselves, an administrator's account holds that one role, and no
//! grant reaches beyond the network. A deputy (代理) takes over somebody's grant for some days, under
//! their own name. An account with several grants uses one at a time and switches between them.

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
        .post("/grants/{id}/ending", May(ManageGrants), pages::end)
        .get("/grants/{id}/deputy", May(ManageGrants), pages::deputy)
        .post("/grants/{id}/deputy", May(ManageGrants), pages::appoint)
        .get("/account/grants", SignedIn, pages::own)
        .post("/account/grants/{id}/activation", SignedIn, pages::switch)
}
