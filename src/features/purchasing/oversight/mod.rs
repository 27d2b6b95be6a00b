//! Oversight (监管): a project as a whole and the steps that move it on, the money of a place by
//! source and year, an agency's file across stations, and the public notice of lottery money. It
//! sits above all other parts of a project, and asks each of them what a step needs before the step
//! is taken.

mod model;
mod notice;
mod pages;
mod store;
mod todo;

pub use todo::todo;

use crate::{
    access::Act::{ReadMoney, ReadProjects, WriteProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/projects/{id}", May(ReadProjects), pages::project::show)
        .post("/projects/{id}/moves", May(WriteProjects), pages::project::advance)
        .post("/projects/{id}/export", May(ReadProjects), pages::project::export)
        .get("/agencies/{id}/projects", May(ReadProjects), pages::agency::show)
        .post("/agencies/{id}/projects/export", May(ReadProjects), pages::agency::export)
        .get("/money", May(ReadMoney), pages::money::show)
        .post("/money/export", May(ReadMoney), pages::money::export)
        .get("/money/notice", May(ReadMoney), pages::money::notice)
        .post("/money/notice", May(ReadMoney), pages::money::notice_document)
}
