//! Station network: the platform on which civil affairs bureaus run their
//! networks of social work stations (社工站).
//!
//! The modules are floors, lowest first. A module may use those before it in
//! this list, never those after; `tests/it/floors.rs` holds us to that.

// Values and rules that everything speaks in. No I/O.
pub mod kernel;

// Who may do what, and how far they reach.
pub mod access;

// The only door to PostgreSQL.
pub mod db;

// What every page shares: the route table, forms, layout, errors.
pub mod web;

// One folder for each thing the application does.
pub mod features;

// Pages that read across features.
pub mod dashboards;

// The whole, put together: routes, configuration, serving, commands.
pub mod app;
