//! The deliverables a contract counts (服务指标完成情况), month by month: how much was done, and how much
//! of it counts by the contract's rule.
//!
//! A deliverable linked to an indicator takes its figures from the approved monthly reports of the
//! covered stations and their rooms; a daily job does this for all running projects. Where the
//! contract counts only from a minimum of sessions or people, the reports say what was done and the
//! project's manager says how much of it counts. Progress is compared with the time elapsed and
//! extrapolated to the last day.

mod model;
mod pages;
mod store;

pub use model::{Progress, progress};
pub use store::{Done, TAKE, months, note, sums, take_all};

use crate::{
    access::Act::{ReadProjects, RunProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/projects/{id}/deliverables", May(ReadProjects), pages::show)
        .post("/projects/{id}/deliverables", May(RunProjects), pages::enter)
        .post("/projects/{id}/deliverables/export", May(ReadProjects), pages::export)
}
