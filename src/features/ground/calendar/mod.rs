//! Working days (工作日): when a monthly report is due.
//!
//! A report is due at the end of the N-th working day of the next month. Saturdays and
//! Sundays are free, the State Council's holidays are free, and the days it moves are
//! worked. What has been published for 2024 to 2026 and what the law alone says of 2027
//! stands in `model.rs`; a network may set any day otherwise, and does so when the next
//! year's notice comes out.

mod model;
mod pages;
mod store;

pub use model::{Calendar, Mark, nth_working_day};
pub use store::{calendar, due_on};

use crate::{
    access::Act::{ReadReports, SetReporting},
    web::{Routes, Who::May},
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/calendar", May(ReadReports), pages::show)
        .post("/calendar", May(SetReporting), pages::set_day)
        .post("/calendar/rule", May(SetReporting), pages::set_rule)
}
