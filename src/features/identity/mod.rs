//! Accounts, networks and grants: who signs in, to which network, and in which role.
//!
//! An account belongs to one network and holds grants: a role, its reach and its period. Networks
//! are the tenants; operators found them and can look inside none. A sign-in under an unknown name
//! costs the same hash and gets the same answer. Sessions are rows; only hashes of their tokens are
//! stored.

pub mod accounts;

pub mod networks;

pub mod grants;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default().merge(accounts::routes()).merge(networks::routes()).merge(grants::routes())
}
