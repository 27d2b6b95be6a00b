//! Screens.

pub mod import;
pub mod life;
pub mod list;
pub mod write;
