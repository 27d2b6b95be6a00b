//! Work outside requests, and its page.
//!
//! A job is put in line in the transaction that makes it necessary. A worker takes one
//! at a time under a lease, so that another takes over when it dies; does the work and
//! ends the job in one transaction, so that its effect in the database happens once; or
//! notes why it failed and tries again, later and later. A job that keeps failing waits
//! on the system administrator's page, to be tried again or dropped.
//!
//! ```text
//! waiting ──▶ running ──▶ done
//!    ▲           │
//!    └─ failing ◀┘ ──▶ failed ──▶ waiting (retry) | dropped
//! ```

mod pages;
mod store;

pub use store::{Job, claim, enqueue, fail, finish, sweep};

use crate::{
    access::Act::ManageJobs,
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/jobs", May(ManageJobs), pages::index)
        .post("/jobs/{id}/retry", May(ManageJobs), pages::retry)
        .post("/jobs/{id}/drop", May(ManageJobs), pages::drop_one)
}
