//! Screens.

pub mod numbers;
pub mod posts;
pub mod transfers;
pub mod write;
