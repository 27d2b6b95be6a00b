//! Screens.

pub mod answer;
pub mod round;
pub mod station;

pub use round::close_survey;
