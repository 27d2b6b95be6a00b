//! All tests that need the whole application, in one binary, to link once instead of twenty times.

#![expect(clippy::unwrap_used, reason = "a test that is surprised should fail at once")]

mod accounts;
mod agencies;
mod boundaries;
mod bounds;
mod browser;
mod demo;
mod evaluations;
mod figures;
mod floors;
mod grants;
mod jobs;
mod killed;
mod mail;
mod outage;
mod pages;
mod persons;
mod policy;
mod projects;
mod publications;
mod reports;
mod schema;
mod staff;
mod stations;
mod support;
mod surveys;
mod trail;
