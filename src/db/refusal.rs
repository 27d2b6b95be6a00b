//! Translation of PostgreSQL's errors into ours, and of constraints into field problems.

use crate::kernel::Error;

/// Turns a violation of a named constraint into a problem at the field that caused it. Run the
/// statement on a [`savepoint`](super::Tx::savepoint), so that the same transaction can show the
/// form again.
pub trait AtField<T> {
    /// `whys` lists constraint, field and message.
    fn at_field(self, whys: &[(&str, &'static str, &'static str)]) -> Result<T, Error>;
}

impl<T> AtField<T> for Result<T, sqlx::Error> {
    fn at_field(self, whys: &[(&str, &'static str, &'static str)]) -> Result<T, Error> {
        self.map_err(|error| {
            let breached = match &error {
                sqlx::Error::Database(refused) => refused.constraint(),
                _ => None,
            };
            match whys.iter().find(|(name, ..)| breached == Some(name)) {
                Some((_, field, why)) => Error::at(field, *why),
                None => error.into(),
            }
        })
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
                tracing::warn!(%error, "the database can't be reached");
                Self::Unavailable
            }
            sqlx::Error::Database(refused) => match refused.code().as_deref() {
                // The server is shutting down or starting up, has too many connections, or hung up.
                Some("57P01" | "57P02" | "57P03" | "53300" | "08006" | "08003") => {
                    tracing::warn!(%error, "the database is not at work");
                    Self::Unavailable
                }
                // Statement or lock timeout.
                Some("57014" | "55P03") => {
                    tracing::warn!(%error, "the database was too slow");
                    Self::Unavailable
                }
                // A character that PostgreSQL text cannot hold, such as NUL.
                Some("22021" | "22P05") => Self::refused("内容里有不能保存的特殊字符，请删去后再提交。"),
                Some("40001" | "40P01") => {
                    Self::refused("同时有人在改同样的内容，这次没有保存。请回到上一页再试一次。")
                }
                _ => Self::Internal(error.into()),
            },
            _ => Self::Internal(error.into()),
        }
    }
}
