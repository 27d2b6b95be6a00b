//! Evaluations of projects (项目评估): mid-term, final and spot checks, what is to be mended
//! after them, and the draw of projects for spot checks.
//!
//! A rectification goes from open to submitted with its proof, and is checked again: it is
//! passed, or open once more with a word and a new deadline. Who gives a project out draws
//! a share of those that run a year or more, by a seed that is on record: projects stand in
//! the order of SHA-256 of seed and project number, so anybody can draw again.

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
