//! Payments (付款): the instalments of a contract from request to payment or withholding, each yuan
//! with its source.
//!
//! ```text
//! planned ─▶ requested ─▶ approved ─▶ paid
//!    ▲          │  │          │
//!    └──────────┘  └────▶ withheld ◀── (planned, approved too)
//!      returned
//! ```
//!
//! An instalment that depends on an evaluation must name the passed one before it is approved; the
//! database checks this too. Nothing is paid beyond the contract or beyond a source: both are table
//! checks, and a test violates each.

mod model;
mod pages;
mod store;

pub use model::{PayMove, PayState, Settled, gate, spread};
pub use store::{Pay, Payout, With, act, pays, settle};

use crate::{
    access::Act::{ReadProjects, RunProjects, WriteProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/projects/{id}/payments", May(ReadProjects), pages::show)
        .upload("/projects/{id}/payments/{seq}/request", May(RunProjects), pages::request)
        .get("/projects/{id}/payments/{seq}/invoice", May(ReadProjects), pages::invoice)
        .post("/projects/{id}/payments/{seq}/return", May(WriteProjects), pages::send_back)
        .post("/projects/{id}/payments/{seq}/approval", May(WriteProjects), pages::approve)
        .get("/projects/{id}/payments/{seq}", May(WriteProjects), pages::settling)
        .post("/projects/{id}/payments/{seq}", May(WriteProjects), pages::pay)
        .post("/projects/{id}/payments/{seq}/withholding", May(WriteProjects), pages::withhold)
}
