//! What was delivered of what a contract counts (服务指标完成情况), month by month: how much
//! was done, and how much of it counts by this contract's rule.
//!
//! A deliverable that names an indicator takes what the covered stations and their rooms
//! had approved for a month; a day's job takes it for all projects that run. Where the
//! contract counts only from so many sessions or people on, what a report says is what was
//! done; how much of it counts is said by who runs the project. Progress is held against
//! the time that has passed, and carried on to the last day.

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
