//! Overviews (看板): one page for each level, from the country to the village, with
//! the same layout: figures on top, the places below in a table, charts with their
//! tables. They read what features publish and own nothing. So does a person's page:
//! later features add what they know of a person to it.

mod home;
mod person;
mod place;
mod staff;

use crate::{
    access::Act::{KeepOwnRecord, ReadFigures, ReadPersons, ReadStaff},
    web::{
        Routes,
        Who::{May, SignedIn},
    },
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/", SignedIn, home::show)
        .get("/places/{code}", May(ReadFigures), place::show)
        .get("/staff", May(ReadStaff), staff::show)
        .get("/persons/{id}", May(ReadPersons), person::show)
        .get("/me", May(KeepOwnRecord), person::own)
        .upload("/me/education", May(KeepOwnRecord), person::enter)
        .get("/me/education/{id}/file", May(KeepOwnRecord), person::own_file)
}
