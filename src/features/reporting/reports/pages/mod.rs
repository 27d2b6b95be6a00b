//! Pages of monthly reports: filling in, checking, reviewing, correcting, lists and print.

pub mod amend;
pub mod check;
pub mod fill;
mod grid;
pub mod list;
pub mod paste;
pub mod print;
pub mod review;
pub mod show;
