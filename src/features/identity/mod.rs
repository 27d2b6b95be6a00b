//! Who signs in, to which network, and as what they may act.
//!
//! An account belongs to one network and holds grants: a role, how far it reaches, from when
//! to when. Networks are the tenants; they are founded by operators, who see inside none.
//! A sign-in under an unknown name costs the same hash and gets the same answer. Sessions are
//! rows; only hashes of their tokens are kept.

pub mod accounts;

pub mod networks;

pub mod grants;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default().merge(accounts::routes()).merge(networks::routes()).merge(grants::routes())
}
