//! Pages for satisfaction surveys: per round, per station, and the public form of a slip.

pub mod answer;
pub mod round;
pub mod station;
