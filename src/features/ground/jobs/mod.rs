//! Background jobs: their queue, and the page on which the system administrator sees failures.
//!
//! A job is enqueued in the transaction that makes it necessary. A worker claims one job at a time
//! under a lease, so that another takes over if it dies. It does the work and finishes the job in
//! one transaction, so that the effect in the database happens once; if the job fails, it notes why
//! and retries with growing delays. A job that keeps failing waits on the system administrator's
//! page, to be retried or dropped.
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
        .post("/jobs/{id}/retrial", May(ManageJobs), pages::retry)
        .post("/jobs/{id}/removal", May(ManageJobs), pages::drop_one)
}
