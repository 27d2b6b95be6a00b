//! Readiness (建设达标): the 25 checks of the station guide (seed 001, annex 2) and
//! the three marks of a professional station, each judged with a note, by somebody,
//! on a day. From what is passed follows the rung of the ladder a station stands on.

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
