//! Notices (消息): word to somebody, once.
//!
//! Whoever has something to tell puts a notice in, in the transaction that makes it so,
//! under a key that tells it apart: the same is never said twice to the same person,
//! whichever server says it. A notice about a place is also in the log that officers of
//! that place read.

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
        .post("/notices/read", SignedIn, pages::read_all)
        .get("/notices/{id}", SignedIn, pages::open)
        .get("/notices/log", May(ReviewReports), pages::log)
        .post("/notices/log/export", May(ReviewReports), pages::export)
}
