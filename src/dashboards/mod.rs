//! Overviews (看板): one page per level, from the country to the village, all with the same
//! layout: figures on top, then a table of the places below, then charts with their tables. They
//! read what features publish and store nothing.

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
