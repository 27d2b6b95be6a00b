//! Uploaded tables between dry run and confirmation: a table is read, judged row by row, stored
//! encrypted for a day, and then carried out or discarded. Nothing else is saved before it is
//! confirmed.
//!
//! A register that can be imported describes itself ([`Register`]), judges the rows and carries
//! them out. What all registers share is here: the upload page, the check that shows every row as
//! new, changed, unchanged or refused, and the workbook of refused rows.

mod pages;
mod store;

pub use pages::{Confirmed, Judged, Register, Verdict, check, confirmed, new, read, record, refused, still_good};
pub use store::{find, keep, take};
