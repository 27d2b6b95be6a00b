//! Continuing education (继续教育): its entries, and the hours a renewal requires.
//!
//! A registration is valid for three years. Renewing it takes enough hours in that time: a table
//! sets them by level, and the network may change it from a day on. Entries count once they are
//! confirmed; a worker's own entries wait for the head. A degree in social work counts ninety
//! hours, once.
//!
//! ```text
//! entered by the worker ──▶ waiting ──▶ confirmed
//!                              └──────▶ refused, with the reason
//! entered by the head  ───────────────▶ confirmed
//! ```

mod import;
mod model;
mod pages;
mod store;

pub use model::{Category, Entry, EntryForm, Progress, Requirement, Standing, behind, progress, required};
pub use pages::{Kept, enter};
pub use store::{entries, find, insert, requirements};

use crate::{
    access::Act::{ReadPersons, SetEducation, WritePersons},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/persons/{id}/education/new", May(WritePersons), pages::new)
        .upload("/persons/{id}/education", May(WritePersons), pages::create)
        .get("/education/{id}/file", May(ReadPersons), pages::file)
        .post("/education/{id}/judgement", May(WritePersons), pages::judge)
        .post("/education/{id}/removal", May(WritePersons), pages::remove)
        .get("/education/import", May(WritePersons), import::new)
        .get("/education/import/template", May(WritePersons), import::template)
        .upload("/education/import", May(WritePersons), import::read)
        .get("/education/import/{id}", May(WritePersons), import::show)
        .post("/education/import/{id}", May(WritePersons), import::confirm)
        .post("/education/import/{id}/refused", May(WritePersons), import::refused)
        .get("/education/rules", May(SetEducation), pages::rules)
        .post("/education/rules", May(SetEducation), pages::set_rule)
}
