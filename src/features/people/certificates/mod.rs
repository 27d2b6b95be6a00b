//! Certificates (职业资格证书) and their registration (登记).
//!
//! Passing the examination gives a certificate for good; only its registration lapses. The first
//! registration is due within a year of issue, is valid for three years, and is renewed in its last
//! three months. The steps taken in the national system are stored; the standing of a certificate
//! today is derived from them and shown with the number of days.
//!
//! ```text
//! not applied ─▶ pending ─▶ first passed ─▶ final passed ─▶ completed ─▶ issued
//!                 ▲  │            │
//!                 │  ├▶ first failed ─┐ └▶ final failed ─┐
//!                 └──┴────────────────┴──────────────────┘
//! ```

mod model;
mod pages;
mod store;

pub use model::{
    CertificateForm, Level, NewCertificate, Registration, RegistrationKind, RegistrationState, Standing, counts,
    covered_until, ladder, period_on, standing, valid_to, window_from,
};
pub use store::{Certificate, find_all, insert, insert_all, of_person, register};

use crate::{
    access::Act::{ReadPersons, WritePersons},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/persons/{id}/certificates/new", May(WritePersons), pages::new)
        .post("/persons/{id}/certificates", May(WritePersons), pages::create)
        .get("/certificates/{id}", May(ReadPersons), pages::show)
        .post("/certificates/{id}", May(WritePersons), pages::update)
        .upload("/certificates/{id}/scan", May(WritePersons), pages::scan)
        .get("/certificates/{id}/scan", May(ReadPersons), pages::show_scan)
        .post("/certificates/{id}/removal", May(WritePersons), pages::remove)
        .post("/certificates/{id}/registrations", May(WritePersons), pages::register)
        .post("/registrations/{id}/removal", May(WritePersons), pages::remove_registration)
        .post("/registrations/{id}/step", May(WritePersons), pages::step)
}
