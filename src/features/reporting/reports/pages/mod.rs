//! Screens.

pub mod amend;
pub mod check;
pub mod fill;
mod grid;
pub mod list;
pub mod paste;
pub mod print;
pub mod review;
pub mod show;
mod stance;

pub use stance::{desk_of, sees_drafts};
