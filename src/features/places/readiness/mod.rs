//! Readiness (建设达标): the 25 checks of the station guide (the Panzhihua plan of 10 May 2021, annex
//! 2) and the three marks of a professional station. Each check is judged with a note, a name and a
//! date. The checks passed decide the station's rung on the readiness ladder.

mod model;
mod pages;
mod store;

pub use model::{CHECKS, Check, rung};
pub use store::judge;

use crate::{
    access::Act::{CheckReadiness, ReadStations},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default().get("/stations/{id}/readiness", May(ReadStations), pages::show).post(
        "/stations/{id}/readiness",
        May(CheckReadiness),
        pages::save,
    )
}
