//! Screens.

pub mod list;
pub mod order;
