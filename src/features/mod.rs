//! What the application does, in seven areas. The order is a ladder: an area uses only those
//! before it, and inside an area a feature uses only the features before it.
//! `tests/it/floors.rs` holds us to both.
//!
//! A feature is a folder: `mod.rs` tells its story and lists its routes, `model` holds its
//! rules, `store` its SQL, `pages` its screens.

/// What everything else stands on: the audit trail, tables read in, jobs, files, notices, the calendar.
pub mod ground;

/// Places and what stands there: divisions, agencies, stations and what is counted of them.
pub mod places;

/// Who signs in, to which network, and what they may act as.
pub mod identity;

/// What stations report each month, and what it adds up to.
pub mod reporting;

/// Who works at stations: persons, posts, certificates, education, teams.
pub mod people;

/// What is purchased, out of which funds, and what became of it.
pub mod purchasing;

/// How stations are scored each year, and what follows from it.
pub mod evaluation;
