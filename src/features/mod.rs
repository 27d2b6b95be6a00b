//! What the application does, in seven areas. The order is a ladder: an area uses only those
//! before it, and inside an area a feature uses only the features before it.
//! `tests/it/floors.rs` holds us to both.
//!
//! A feature is a folder: `mod.rs` tells its story and lists its routes, `model` holds its
//! rules, `store` its SQL, `pages` its screens.

/// The foundation: audit trail, imports, jobs, files, notices, calendar.
pub mod ground;

/// Divisions, agencies and stations, with their figures.
pub mod places;

/// Accounts, networks and grants: sign-in and rights.
pub mod identity;

/// Monthly reports of stations, and their sums.
pub mod reporting;

/// Staff of stations: persons, posts, certificates, education, teams.
pub mod people;

/// Purchased-service projects: funds, contracts, payments, deliverables.
pub mod purchasing;

/// The annual evaluation of stations, and its consequences.
pub mod evaluation;
