//! Pages of staff: the register, a station's team, the forecast and the reminders.

pub mod forecast;
pub mod register;
pub mod reminders;
pub mod team;
