//! The staff of a network: who works where, who is certified, and shortages to come.
//!
//! The register lists persons; a station's team lists its posts. A station needs at least two
//! certified workers (station guide in the Panzhihua plan of 10 May 2021, annex 2, 2.1); the
//! forecast says for each station on which day it will have fewer, and because of whom. The
//! overview counts a place and those below it at the end of any month, from dated posts and
//! validity, so a past month never changes. A daily job creates the reminders, each once.

mod import;
mod model;
mod pages;
mod store;
mod table;
mod todo;

pub use model::{Forecast, Interval, LEAST, Reason, forecast, masked};
pub use store::{Count, REMIND, Reminder, by_level, counts, lapsing, of_agency, remind};
pub use todo::todo;

use crate::{
    access::Act::{ReadPersons, ReadStaff, WritePersons},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/persons", May(ReadStaff), pages::register::index)
        .post("/persons/export", May(ReadPersons), pages::register::export)
        .get("/persons/import", May(WritePersons), import::new)
        .get("/persons/import/template", May(WritePersons), import::template)
        .upload("/persons/import", May(WritePersons), import::read)
        .get("/persons/import/{id}", May(WritePersons), import::show)
        .post("/persons/import/{id}", May(WritePersons), import::confirm)
        .post("/persons/import/{id}/refused", May(WritePersons), import::refused)
        .get("/stations/{id}/team", May(ReadStaff), pages::team::show)
        .get("/staff/forecast", May(ReadStaff), pages::forecast::show)
        .post("/staff/forecast/export", May(ReadStaff), pages::forecast::export)
        .get("/reminders", May(ReadPersons), pages::reminders::index)
        .post("/reminders/export", May(ReadPersons), pages::reminders::export)
}
