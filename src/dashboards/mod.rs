//! Overviews (看板): one page for each level, from the country to the village, with
//! the same layout: figures on top, the places below in a table, charts with their
//! tables. They read what features publish and own nothing.

mod home;
mod place;
mod staff;
mod todo;

use crate::{
    access::Act::{ReadFigures, ReadStaff},
    web::{
        Routes,
        Who::{May, SignedIn},
    },
};

pub fn routes() -> Routes {
    Routes::default().get("/", SignedIn, home::show).get("/places/{code}", May(ReadFigures), place::show).get(
        "/staff",
        May(ReadStaff),
        staff::show,
    )
}
