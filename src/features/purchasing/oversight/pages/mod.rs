//! The pages of oversight: the project as a whole, the money of a place, an agency's file.

pub mod agency;
pub mod money;
pub mod project;
