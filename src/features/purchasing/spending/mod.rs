//! Spending of a project's money by the agency (支出): entries with vouchers on budget lines, and
//! adjustments that move money between lines.
//!
//! No line is overspent, and nothing is overwritten: a wrong entry is reversed with a reason. An
//! adjustment is graded together with all those approved before it: up to 5 % of the contract it is
//! small, up to 10 % medium, above that it takes a supplementary agreement (Shanghai's guide for
//! public-service projects, finance factors). Nobody approves an adjustment they requested
//! themselves, and the rules of the funds must still hold afterwards.

mod model;
mod pages;
mod store;

pub use model::{AdjustmentState, Spent, Wish};
pub use store::{Decision, adjustments, ask, decide, enter};

use crate::{
    access::Act::{ReadProjects, RunProjects, WriteProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/projects/{id}/spending", May(ReadProjects), pages::show)
        .upload("/projects/{id}/spending", May(RunProjects), pages::enter)
        .post("/projects/{id}/spending/export", May(ReadProjects), pages::export)
        .get("/projects/{id}/spending/{seq}/voucher", May(ReadProjects), pages::voucher)
        .post("/projects/{id}/spending/{seq}/reversal", May(RunProjects), pages::reverse)
        .post("/projects/{id}/adjustments", May(RunProjects), pages::ask)
        .post("/projects/{id}/adjustments/{seq}/decision", May(WriteProjects), pages::decide)
}
