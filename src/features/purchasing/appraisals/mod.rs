//! Evaluations of projects (项目评估): mid-term, final and spot checks, the rectifications they lead
//! to, and the draw of projects for spot checks.
//!
//! The agency submits a rectification with its proof. It is then checked again: passed, or reopened
//! with a comment and a new deadline. The purchaser draws a share of the projects that run a year
//! or more, by a seed on record: projects are ordered by SHA-256 of seed and project number, so
//! anybody can repeat the draw.

mod model;
mod pages;
mod store;

pub use model::{Appraisal, AppraisalRead, Grade, Kind, Rectification, RectificationState};
pub use store::{NewAppraisal, OfProject, add, all, check, latest, of_projects, submit_proof};

use crate::{
    access::Act::{AppraiseProjects, DrawProjects, ReadMoney, ReadProjects, RunProjects},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/projects/draws", May(ReadMoney), pages::draws::index)
        .post("/projects/draws", May(DrawProjects), pages::draws::draw)
        .get("/projects/{id}/appraisals", May(ReadProjects), pages::show)
        .upload("/projects/{id}/appraisals", May(AppraiseProjects), pages::create)
        .get("/projects/{id}/appraisals/files/{file}", May(ReadProjects), pages::file)
        .upload("/projects/{id}/rectifications/{seq}/proof", May(RunProjects), pages::prove)
        .post("/projects/{id}/rectifications/{seq}/check", May(AppraiseProjects), pages::check)
}
