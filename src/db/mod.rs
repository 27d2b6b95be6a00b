//! The only access to PostgreSQL: transactions, audit rows and encryption.
//!
//! Every query of a feature runs inside a [`Tx`], and a `Tx` is begun for a
//! [`Scope`](crate::access::Scope): it tells the row level security policies which network,
//! divisions and stations it may see. So no query names the network, and none can forget to.
//! The server's login owns no table and cannot bypass a policy.
//!
//! The [`Safe`] encrypts data that must stay secret even if the disk is stolen: personal numbers
//! and uploaded files.

mod audit;
mod clock;
mod conn;
mod open;
mod refusal;
mod safe;
mod tx;
mod vault;

pub use audit::{Entry, Silence};
pub use clock::Clock;
pub use conn::{Conn, Pool, Savepoint};
pub use refusal::AtField;
pub use safe::Safe;
pub use tx::{Db, Mode, SessionRow, Tx};
pub use vault::{Vault, code_hash};
