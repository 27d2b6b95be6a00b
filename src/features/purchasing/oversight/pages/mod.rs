//! Screens.

pub mod agency;
pub mod money;
pub mod project;
