//! Totals, grades and ranks computed from scores, with an independent oracle. Pure.

#[cfg(test)]
mod oracle;
mod outcome;
mod ranking;

pub use outcome::{Column, LineOutcome, Outcome, calculate, is_disputed, top_lines, top_values};
pub use ranking::{Standing, lower_by_quota, ranks};
