use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

/// What time it is for a unit of work: the database's transaction time, or, in a
/// test, the time it was given.
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

    /// Moves a clock that was set; the database's goes its own way.
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
