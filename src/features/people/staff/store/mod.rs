//! Statements that read across persons, posts and certificates.

mod counts;
mod register;
mod reminders;
mod team;

pub use counts::{Count, by_level, counts, lapsing, of_agency};
pub use register::{Certified, Filter, Row, Working, page, rows};
pub use reminders::{REMIND, Reminder, all_reminders, remind, reminders, waiting};
pub use team::{counted, visible};
