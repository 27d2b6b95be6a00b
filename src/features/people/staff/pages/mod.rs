//! Screens.

pub mod forecast;
pub mod register;
pub mod reminders;
pub mod team;
