//! The audit trail: who did what, when, with the values before and after. The audit administrator
//! reads it; nobody can change it.
//!
//! The units of work write the rows themselves ([`crate::db::Tx::record`]). About once a minute a
//! job appends the final rows — those of transactions older than any still running — to a hash
//! chain per network: each link is the SHA-256 of the previous link and of its row. [`verify`]
//! walks the chain, names the first row that does not fit, and counts the rows not yet sealed.

mod chain;
mod pages;
mod store;

pub use chain::{LINKS_AT_ONCE, Verdict, seal, verify};
pub use store::sweep;

use crate::{
    access::Act::ReadTrail,
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/trail", May(ReadTrail), pages::index)
        .get("/trail/{event}", May(ReadTrail), pages::show)
        .post("/trail/export", May(ReadTrail), pages::export)
}
