//! What an agency spends of a project's money (支出): entries with vouchers on the lines of
//! the budget, and adjustments that move money between lines.
//!
//! Nothing is spent beyond its line, and nothing is written over: a wrong entry is reversed
//! with a reason. An adjustment counts with all that were approved before it: up to 5 % of
//! the contract it is small, up to 10 % medium, above that it takes a supplementary
//! agreement (Shanghai's guide for public-service projects, finance factors). Nobody
//! approves what they asked for, and the rules of the funds hold afterwards as before.

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
