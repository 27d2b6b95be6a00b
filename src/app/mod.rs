//! The application as a whole: configuration, routes, background work, server and commands.

pub mod clock;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod demo;
pub mod layers;
pub mod mail;
pub mod migrate;
pub mod routes;
pub mod serve;
pub mod start;

pub use routes::{router, routes};
