//! The audit trail: who did what, when, from what to what; read by the audit
//! administrator, changed by nobody.
//!
//! Rows are written by the units of work themselves ([`crate::db::Tx::record`]).
//! About once a minute those that are final — written by transactions older than
//! any still running — are laid into a hash chain per network: each link is the
//! SHA-256 of the link before it and of its row. [`verify`] walks the chain and
//! names the first row that does not fit; what is not yet sealed it counts.

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
