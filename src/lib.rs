//! Station network: the platform on which civil affairs bureaus run their
//! networks of social work stations (社工站).
//!
//! The modules are layers, lowest first. A module may use those before it in this list, never
//! those after; `tests/it/floors.rs` enforces that.

// Values and rules that every module shares. No I/O.
pub mod kernel;

// The access policy and the reach of grants.
pub mod access;

// The only access to PostgreSQL.
pub mod db;

// Shared parts of every page: the route table, forms, layout, errors.
pub mod web;

// One folder for each feature.
pub mod features;

// Overview pages that read across features.
pub mod dashboards;

// The assembled application: routes, configuration, server, commands.
pub mod app;
