//! Database connections with a client-side deadline for every answer.
//!
//! PostgreSQL ends a statement that takes too long (`statement_timeout`), but nothing ends one
//! whose answer never comes: the network drops packets, a proxy holds the connection, the
//! database host hangs. sqlx then waits for ever, and so does the pool, which pings each
//! connection on its return. So we limit the wait for each answer; a connection that misses its
//! deadline is closed on our side, and the pool opens another.

use std::{
    fmt,
    io::{Error as IoError, ErrorKind},
    ops::{Deref, DerefMut},
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream, stream::BoxStream};
use sqlx::{
    Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr, pool::PoolConnection, postgres::PgQueryResult,
    postgres::PgRow, postgres::PgStatement, postgres::PgTypeInfo,
};
use sqlx_core::transaction::TransactionManager;
use tokio::{runtime::Handle, time::timeout};

type Transactions = <Postgres as sqlx::Database>::TransactionManager;

/// Time limit for a returning connection to roll back and answer a ping.
const RETURN: Duration = Duration::from_secs(5);

/// A pool, and the deadline for each answer on its connections.
#[derive(Clone, Debug)]
pub struct Pool {
    pool: PgPool,
    deadline: Duration,
}

impl Pool {
    /// `deadline` should be slightly longer than the pool's `statement_timeout`, whose error says
    /// more.
    pub fn new(pool: PgPool, deadline: Duration) -> Self {
        Self { pool, deadline }
    }

    /// Takes an idle connection or opens a new one.
    pub async fn acquire(&self) -> sqlx::Result<Conn> {
        let live = self.pool.acquire().await?;
        Ok(Conn { live: Some(live), deadline: self.deadline, overdue: false })
    }

    /// Closes all connections for good.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Connections in use, and connections open.
    pub fn load(&self) -> (u32, u32) {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        (self.pool.size().saturating_sub(idle), self.pool.size())
    }
}

/// A pooled connection that executes statements like sqlx's own.
pub struct Conn {
    /// `None` once it is on its way back to the pool.
    live: Option<PoolConnection<Postgres>>,
    deadline: Duration,
    /// An answer missed its deadline. Nothing more is sent.
    overdue: bool,
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn").field("deadline", &self.deadline).field("overdue", &self.overdue).finish_non_exhaustive()
    }
}

fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(IoError::new(ErrorKind::TimedOut, "PostgreSQL did not answer in time"))
}

impl Conn {
    /// sqlx's connection without deadlines, for COPY, which answers only after all data is sent.
    pub fn bare(&mut self) -> sqlx::Result<&mut PgConnection> {
        match &mut self.live {
            Some(live) if !self.overdue => Ok(live),
            _ => Err(no_answer()),
        }
    }

    /// Opens a transaction with the caller's `BEGIN`, or a savepoint within one.
    pub(super) async fn begin(&mut self, statement: Option<SqlStr>) -> sqlx::Result<()> {
        let deadline = self.deadline;
        let begun = timeout(deadline, Transactions::begin(self.bare()?, statement)).await;
        self.in_time(begun)
    }

    /// Commits the transaction, or releases the savepoint. If the answer is late, the outcome is
    /// unknown.
    pub(super) async fn commit(&mut self) -> sqlx::Result<()> {
        let deadline = self.deadline;
        let committed = timeout(deadline, Transactions::commit(self.bare()?)).await;
        self.in_time(committed)
    }

    fn in_time<T>(&mut self, answer: Result<sqlx::Result<T>, tokio::time::error::Elapsed>) -> sqlx::Result<T> {
        answer.unwrap_or_else(|_| {
            self.overdue = true;
            Err(no_answer())
        })
    }
}

/// Rolls back uncommitted work and returns the connection to the pool; closes it if that takes
/// too long.
impl Drop for Conn {
    fn drop(&mut self) {
        let Some(mut live) = self.live.take() else { return };
        if self.overdue {
            drop(live.detach());
            return;
        }
        Transactions::start_rollback(&mut live);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(RETURN, live.return_to_pool()));
        }
    }
}

impl<'c> Executor<'c> for &'c mut Conn {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let Conn { live: Some(live), deadline, overdue: overdue @ false } = self else {
            return stream::once(async { Err(no_answer()) }).boxed();
        };
        let deadline = *deadline;
        let steps = (&mut **live).fetch_many(query);
        let in_time = stream::unfold(Some((steps, overdue)), move |state| async move {
            let (mut steps, overdue) = state?;
            if let Ok(step) = timeout(deadline, steps.next()).await {
                return step.map(|step| (step, Some((steps, overdue))));
            }
            *overdue = true;
            Some((Err(no_answer()), None))
        });
        in_time.boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let deadline = self.deadline;
            let row = timeout(deadline, self.bare()?.fetch_optional(query)).await;
            self.in_time(row)
        })
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let deadline = self.deadline;
            let prepared = timeout(deadline, self.bare()?.prepare_with(sql, parameters)).await;
            self.in_time(prepared)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<sqlx::Describe<Postgres>>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let deadline = self.deadline;
            let described = timeout(deadline, self.bare()?.describe(sql)).await;
            self.in_time(described)
        })
    }
}

/// A savepoint within a transaction. Rolls back if dropped without [`commit`](Savepoint::commit).
#[derive(Debug)]
pub struct Savepoint<'a> {
    conn: &'a mut Conn,
    kept: bool,
}

impl<'a> Savepoint<'a> {
    pub(super) async fn begin(conn: &'a mut Conn) -> sqlx::Result<Self> {
        conn.begin(None).await?;
        Ok(Self { conn, kept: false })
    }

    /// Releases the savepoint and keeps its work in the transaction.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        self.conn.commit().await?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if let (false, Ok(conn)) = (self.kept, self.conn.bare()) {
            Transactions::start_rollback(conn);
        }
    }
}

impl Deref for Savepoint<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Savepoint<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}
