//! Statements behind accounts, sessions, sign-in attempts and administrators.

mod account;
mod administrators;
mod session;
mod tries;

pub use account::*;
pub use administrators::*;
pub use session::*;
pub use tries::*;
