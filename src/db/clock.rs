//! The clock behind every unit of work, which tests can set.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

/// Source of the time for a unit of work: the database's transaction time, or a fixed time in
/// tests.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    Database,
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn set_to(at: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(Mutex::new(at)))
    }

    /// Moves a fixed clock; has no effect on the database's.
    pub fn turn_to(&self, at: DateTime<Utc>) {
        if let Self::Set(now) = self
            && let Ok(mut now) = now.lock()
        {
            *now = at;
        }
    }

    pub(super) fn read(&self, database: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Database => database,
            Self::Set(now) => now.lock().map_or(database, |now| *now),
        }
    }
}
