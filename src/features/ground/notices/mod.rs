//! Notices (消息): messages to an account, each sent once.
//!
//! A feature sends a notice in the transaction that gives rise to it, under a key that identifies
//! it: the same account never gets the same notice twice, whichever server sends it. A notice about
//! a place also appears in the log that the officers of that place read.

mod pages;
mod store;

pub use store::{Mail, NewNotice, mailed, next_mail, sweep, tell, tell_all};

use crate::{
    access::Act::ReviewReports,
    web::{
        Routes,
        Who::{May, SignedIn},
    },
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/notices", SignedIn, pages::index)
        .post("/notices/reading", SignedIn, pages::read_all)
        .get("/notices/{id}", SignedIn, pages::open)
        .get("/notices/log", May(ReviewReports), pages::log)
        .post("/notices/log/export", May(ReviewReports), pages::export)
}
