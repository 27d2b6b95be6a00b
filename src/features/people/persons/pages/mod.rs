//! Pages of persons: the form, whole numbers, posts and transfers.

pub mod numbers;
pub mod posts;
pub mod transfers;
pub mod write;
