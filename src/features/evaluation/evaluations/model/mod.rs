//! What a round is, how an evaluation goes on, and what a station says of itself. Pure.

mod answer;
mod life;
mod round;

pub use answer::{Figure, Typed};
pub use life::{State, Step};
pub use round::{Band, Combination, Plan, Round, RoundForm, Stage, peers};
