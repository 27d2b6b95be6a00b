//! One folder for each thing the application does. The order is a ladder: a
//! feature may use those before it in this list, never those after.

// Generic, low.
pub mod trail;

pub mod imports;

pub mod jobs;

pub mod files;

pub mod accounts;

pub mod networks;

// Places and what stands in them.
pub mod divisions;

pub mod agencies;

pub mod stations;

pub mod boundaries;

pub mod readiness;

// Who works there.
pub mod persons;

pub mod certificates;

pub mod education;

pub mod staff;

// What stations report each month, and what it adds up to.
pub mod calendar;

pub mod indicators;

pub mod notices;

pub mod reports;

pub mod rollups;

// What evaluations came to, for who must know without reading them.
pub mod consequences;

// What is purchased, out of which funds, and what became of it.
pub mod funds;

pub mod projects;

pub mod appraisals;

pub mod spending;

pub mod payments;

pub mod deliverables;

pub mod filings;

pub mod oversight;

// How stations are scored.
pub mod rubrics;

pub mod evaluations;

pub mod surveys;

pub mod panels;

pub mod scoring;

pub mod publications;

// What is summed of all that, what was planned, and who may see it.
pub mod figures;

pub mod tasks;

pub mod grants;
