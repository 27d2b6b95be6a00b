//! Rounds, the life of an evaluation, and a station's self-scores. Pure.

mod answer;
mod life;
mod round;

pub use answer::{Figure, Typed};
pub use life::{State, Step};
pub use round::{Band, Combination, Plan, Round, RoundForm, Stage, peers};
