//! Stations, their periods and what they serve. Queries only.

mod life;
mod record;
mod register;
mod served;

pub use life::*;
pub use record::*;
pub use register::*;
pub use served::*;
