//! Statements behind stations, their periods, the register and served divisions.

mod life;
mod record;
mod register;
mod served;

pub use life::*;
pub use record::*;
pub use register::*;
pub use served::*;
