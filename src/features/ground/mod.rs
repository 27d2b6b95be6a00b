//! What every other area builds on and which knows nothing of social work: the audit trail, table
//! imports, background jobs, files, notices and the calendar of working days.
//!
//! **The trail.** One row per object changed, written in the transaction that changes it; rows of
//! one transaction share an event id. The server may insert and read, never update or delete. A job
//! seals rows into a hash chain per network about once a minute, because a chain head updated in
//! every transaction would make writers queue.
//!
//! **Jobs.** A job is a row, enqueued in the transaction that makes it necessary, with a key if it
//! may exist only once. A worker claims it under a lease and finishes it in the transaction that
//! does its work, so that its effect in the database happens once.
//!
//! **Notices.** A notice is a row for one account under a key, so that the same message is sent
//! once, whichever server sends it. Where an SMTP server is configured, the worker mails it too,
//! under a lock on its row.

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
