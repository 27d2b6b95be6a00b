//! Build tasks (年度建设任务): the number of stations a county is to build in a year, by level and route.
//! The number built is counted from the stations' opening dates.

mod pages;
mod store;

pub use store::{Task, set};

use crate::{
    access::Act::{ReadFigures, WriteTasks},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/tasks", May(ReadFigures), pages::index)
        .get("/tasks/{code}/{year}", May(WriteTasks), pages::edit)
        .post("/tasks/{code}/{year}", May(WriteTasks), pages::save)
}
