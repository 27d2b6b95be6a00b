//! The only door to PostgreSQL.
//!
//! Every query of a feature runs inside a [`Tx`], and a `Tx` is begun for a
//! [`Scope`](crate::access::Scope): it tells the row level security policies
//! which network, divisions and stations it may see. So no query names the
//! network, and none can forget to. The server's login owns nothing and cannot
//! get around a policy.
//!
//! What must not lie open even to who holds the disk, names' numbers and uploaded files,
//! is sealed in the [`Safe`].

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
