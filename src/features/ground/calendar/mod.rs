//! Working days (工作日): when a monthly report is due.
//!
//! A report is due at the end of the N-th working day of the next month. Saturdays, Sundays and the
//! State Council's holidays are free; the weekend days it moves are worked. `model.rs` holds the
//! notices published for 2024 to 2026, and for 2027 the holidays that follow from the regulation
//! alone. A network may override any day, and does so when the next year's notice comes out.

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
