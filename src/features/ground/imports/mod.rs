//! Uploaded tables between the dry run and the sender's word: read, judged row by row,
//! kept sealed for a day, and carried out or forgotten. Nothing else is saved before it
//! is confirmed.
//!
//! A register that is imported says what it is ([`Register`]), judges rows and carries
//! them out; what all of them share is here: the page to upload on, the check that shows
//! every row as new, changed, unchanged or refused, and the workbook of refused rows.

mod pages;
mod store;

pub use pages::{Confirmed, Judged, Register, Verdict, check, confirmed, new, read, record, refused, still_good};
pub use store::{find, keep, take};
