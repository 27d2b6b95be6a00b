//! All tests that need the whole application, in one binary, to link once instead of twenty times.

#![expect(clippy::unwrap_used, reason = "a test that is surprised should fail at once")]

mod accounts;
mod agencies;
mod appraisals;
mod boundaries;
mod bounds;
mod browser;
mod calendar;
mod certificates;
mod deliverables;
mod demo;
mod education;
mod evaluations;
mod figures;
mod files;
mod filings;
mod floors;
mod funds;
mod grants;
mod indicators;
mod jobs;
mod killed;
mod mail;
mod outage;
mod oversight;
mod pages;
mod panels;
mod payments;
mod persons;
mod policy;
mod projects;
mod publications;
mod reports;
mod rollups;
mod rubrics;
mod schema;
mod scoring;
mod spending;
mod staff;
mod stations;
mod support;
mod surveys;
mod trail;
