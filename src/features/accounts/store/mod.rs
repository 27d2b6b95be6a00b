//! Accounts, sessions and failures. Queries only.

mod account;
mod session;

pub use account::*;
pub use session::*;
