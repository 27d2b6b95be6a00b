//! What everything else stands on and nothing of the field: the audit trail, tables that
//! are read in, work outside requests, files, notices, the calendar of working days.
//!
//! **The trail.** A row per object changed, in the transaction that changed it; rows of one
//! transaction share an event id. The server may insert and read, never update or delete.
//! A job seals rows into a hash chain per network about once a minute, because a chain head
//! in every transaction would make writers queue.
//!
//! **Jobs.** A job is a row, enqueued in the transaction that makes it necessary, with a key
//! where it may exist only once. A worker claims it under a lease and ends it in the
//! transaction that does it, so that its effect in the database happens once.
//!
//! **Notices.** A notice is a row to one account under a key, so that the same thing is said
//! once, whichever server says it. Where an SMTP server is configured the worker mails it
//! too, under a lock on its row.

pub mod trail;

pub mod imports;

pub mod jobs;

pub mod files;

pub mod notices;

pub mod calendar;

use crate::web::Routes;

/// The routes of the area, feature by feature.
pub fn routes() -> Routes {
    Routes::default().merge(trail::routes()).merge(jobs::routes()).merge(notices::routes()).merge(calendar::routes())
}
