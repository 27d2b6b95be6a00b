//! Accounts, sessions, tries and administrators. Queries only.

mod account;
mod administrators;
mod session;
mod tries;

pub use account::*;
pub use administrators::*;
pub use session::*;
pub use tries::*;
