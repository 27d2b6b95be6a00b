//! Units of work: transactions begun for a scope, under row level security.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::SqlSafeStr;
use tokio::sync::mpsc::UnboundedSender;
use tracing::Instrument;
use uuid::Uuid;

use super::{Clock, Conn, Pool, Safe, Savepoint, Silence};
use crate::{
    access::{Reach, Role, Scope},
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, NetworkId, PersonId, Result, SessionId, StationId},
};

/// The connection pools, the clock, and the safe that encrypts.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool,
    /// A separate small pool for exports, so that they never block pages.
    exports: Pool,
    clock: Clock,
    safe: Arc<Safe>,
    /// Receives networks whose figures must be recomputed, after the commit.
    worker: Option<UnboundedSender<NetworkId>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
    /// One snapshot on the export pool; may still write its audit row.
    Export,
}

impl Db {
    pub fn new(pool: Pool, exports: Pool, clock: Clock, safe: Arc<Safe>) -> Self {
        Self { pool, exports, clock, safe, worker: None }
    }

    /// Also notifies `worker` of work as soon as it is committed.
    #[must_use]
    pub fn telling(mut self, worker: UnboundedSender<NetworkId>) -> Self {
        self.worker = Some(worker);
        self
    }

    /// Begins a unit of work on somebody's behalf.
    ///
    /// Runs in its own task, because a `BEGIN` cancelled half-way leaves an open transaction in
    /// the pool (sqlx #4393, in 0.9.0), and a browser that disconnects cancels its request.
    pub async fn begin(&self, scope: &Scope, mode: Mode) -> Result<Tx> {
        let pool = if mode == Mode::Export { &self.exports } else { &self.pool };
        let begin = match mode {
            Mode::Read => "begin read only",
            Mode::Write => "begin",
            Mode::Export => "begin isolation level repeatable read",
        };
        let (pool, clock, scope, worker) = (pool.clone(), self.clock.clone(), scope.clone(), self.worker.clone());
        let safe = self.safe.clone();
        let task = async move {
            let mut conn = pool.acquire().await?;
            conn.begin(Some(begin.into_sql_str())).await?;
            let at = enter(&mut conn, &scope).await?;
            Ok::<_, sqlx::Error>(Tx {
                conn,
                now: clock.read(at),
                as_of: None,
                scope,
                safe,
                mode,
                event: Uuid::now_v7(),
                recorded: false,
                marked: false,
                worker,
            })
        };
        Ok(tokio::spawn(task.in_current_span()).await.map_err(Error::bug)??)
    }

    /// Checks that the database answers; returns the months from `now` for which the audit trail
    /// has partitions.
    pub async fn check(&self) -> Result<i64> {
        let row = sqlx::query!(
            r#"
            select transaction_timestamp() as "at!",
                   (select count(*) from pg_inherits where inhparent = 'audit'::regclass
                       and inhrelid::regclass::text > 'audit_' || to_char(transaction_timestamp() at time zone 'Asia/Shanghai', 'YYYYMM')) as "months!"
            "#
        )
        .fetch_one(&mut self.pool.acquire().await?)
        .await?;
        Ok(row.months)
    }

    /// All networks; this table is outside row level security.
    pub async fn networks(&self) -> Result<Vec<(NetworkId, String)>> {
        let rows = sqlx::query!("select id, code from networks order by code")
            .fetch_all(&mut self.pool.acquire().await?)
            .await?;
        Ok(rows.into_iter().map(|row| (NetworkId(row.id), row.code)).collect())
    }

    pub async fn network_by_code(&self, code: &str) -> Result<Option<NetworkId>> {
        let id = sqlx::query_scalar!("select id from networks where code = $1", code)
            .fetch_optional(&mut self.pool.acquire().await?)
            .await?;
        Ok(id.map(NetworkId))
    }

    /// Looks up the session behind a token of a network, entering the network in the same
    /// statement. Returns the current time with it.
    pub async fn session(&self, network: NetworkId, token_hash: &[u8]) -> Result<Option<(SessionRow, DateTime<Utc>)>> {
        let row = sqlx::query_as!(
            SessionRow,
            r#"
            select at as "at!", session_id as "session_id!: SessionId", seen_at as "seen_at!", began_at as "began_at!",
                   account_id as "account_id!: AccountId", display_name as "display_name!",
                   password_is_code as "password_is_code!", grant_count as "grant_count!", role as "role!",
                   division as "division!: DivisionCode", division_name, since as "since!: Day", until as "until: Day",
                   acting_for, stations as "stations: Vec<StationId>", agency_id as "agency: AgencyId",
                   person_id as "person: PersonId", network_code as "network_code!",
                   network_name as "network_name!",
                   network_root as "network_root!: DivisionCode", authority as "authority!",
                   logo_text as "logo_text!", contact as "contact!", general_label as "general_label!",
                   township_label as "township_label!", village_label as "village_label!"
            from find_session($1, $2)
            "#,
            network.0,
            token_hash,
        )
        .fetch_optional(&mut self.pool.acquire().await?)
        .await?;
        Ok(row.map(|row| {
            let now = self.clock.read(row.at);
            (row, now)
        }))
    }

    /// Connections in use and connections open, for the metrics.
    pub fn load(&self) -> (u32, u32) {
        self.pool.load()
    }
}

/// Sets the scope for the row level security policies. Returns the transaction's time.
async fn enter(conn: &mut Conn, scope: &Scope) -> sqlx::Result<DateTime<Utc>> {
    let reach = &scope.reach;
    let evaluator = scope.account.filter(|_| scope.role == Some(Role::Evaluator));
    let row = sqlx::query!(
        r#"
        select set_config('app.network', $1, true) as network,
               set_config('app.reach_from', $2, true) as reach_from,
               set_config('app.reach_to', $3, true) as reach_to,
               set_config('app.stations', $4, true) as stations,
               set_config('app.agency', $5, true) as agency,
               set_config('app.evaluator', $6, true) as evaluator,
               transaction_timestamp() as "at!"
        "#,
        scope.network.to_string(),
        reach.division.as_str(),
        reach.division.end(),
        reach.stations_setting(),
        reach.agency.map(|agency| agency.to_string()).unwrap_or_default(),
        evaluator.map(|account| account.to_string()).unwrap_or_default(),
    )
    .fetch_one(conn)
    .await?;
    Ok(row.at)
}

/// A row returned by the SQL function `find_session`.
#[derive(Debug)]
pub struct SessionRow {
    pub at: DateTime<Utc>,
    pub session_id: SessionId,
    pub seen_at: DateTime<Utc>,
    pub began_at: DateTime<Utc>,
    pub account_id: AccountId,
    pub display_name: String,
    pub password_is_code: bool,
    pub grant_count: i64,
    pub role: String,
    pub division: DivisionCode,
    pub division_name: Option<String>,
    pub since: Day,
    pub until: Option<Day>,
    pub acting_for: Option<String>,
    pub stations: Option<Vec<StationId>>,
    pub agency: Option<AgencyId>,
    pub person: Option<PersonId>,
    pub network_code: String,
    pub network_name: String,
    pub network_root: DivisionCode,
    pub authority: String,
    pub logo_text: String,
    pub contact: String,
    pub general_label: String,
    pub township_label: String,
    pub village_label: String,
}

/// One unit of work. Rolls back if dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    now: DateTime<Utc>,
    as_of: Option<DateTime<Utc>>,
    scope: Scope,
    safe: Arc<Safe>,
    mode: Mode,
    event: Uuid,
    recorded: bool,
    marked: bool,
    worker: Option<UnboundedSender<NetworkId>>,
}

impl Tx {
    /// The connection on which statements run.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// A savepoint to roll back to if a constraint refuses a statement.
    pub async fn savepoint(&mut self) -> Result<Savepoint<'_>> {
        Ok(Savepoint::begin(&mut self.conn).await?)
    }

    /// The time of this unit of work, constant from its first query to its last.
    pub fn now(&self) -> DateTime<Utc> {
        self.as_of.unwrap_or(self.now)
    }

    /// Pretends that it is another time, to enter past events such as the demo's history. The
    /// audit trail keeps the real time.
    pub fn turn_to(&mut self, at: Option<DateTime<Utc>>) {
        self.as_of = at;
    }

    pub(super) fn recorded_at(&self) -> DateTime<Utc> {
        self.now
    }

    /// Today in China.
    pub fn today(&self) -> Day {
        Day::of(self.now())
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn safe(&self) -> &Safe {
        &self.safe
    }

    /// The event id shared by the audit rows of this unit of work.
    pub fn event(&self) -> Uuid {
        self.event
    }

    pub(super) fn recorded(&mut self) {
        self.recorded = true;
    }

    /// Marks that the worker has something to do after the commit.
    pub fn leaves_work(&mut self) {
        self.marked = true;
    }

    /// Switches to a network founded in this same transaction, with reach over all of it.
    pub async fn cross_into(&mut self, network: NetworkId) -> Result<()> {
        self.scope.network = network;
        self.scope.reach = Reach::whole(DivisionCode::country());
        enter(&mut self.conn, &self.scope).await?;
        Ok(())
    }

    /// Commits the work. Refuses a write without an audit row; returns [`Error::Unsure`] if the
    /// connection fails during the commit.
    pub async fn commit(mut self) -> Result<()> {
        if self.mode != Mode::Read && !self.recorded {
            return Err(Error::bug("a write without its audit row"));
        }
        self.end().await?;
        if let Some(worker) = self.worker.filter(|_| self.marked) {
            // If this process has no worker, another's run, once a minute, finds the marks.
            let _ = worker.send(self.scope.network);
        }
        Ok(())
    }

    /// Commits one of the few writes that need no audit row.
    pub async fn commit_silently(mut self, _why: Silence) -> Result<()> {
        self.end().await
    }

    async fn end(&mut self) -> Result<()> {
        self.conn.commit().await.map_err(|error| match error.into() {
            // The COMMIT was sent; whether it arrived is unknown.
            Error::Unavailable if self.mode != Mode::Read => Error::Unsure,
            other => other,
        })
    }

    /// Makes a submission idempotent. Returns the earlier location if this key was used before;
    /// otherwise records `location` for it. A simultaneous second submission waits for the first.
    pub async fn once(&mut self, key: Uuid, location: &str) -> Result<Option<String>> {
        let Some(account) = self.scope.account else {
            return Ok(None);
        };
        let now = self.now();
        let inserted = sqlx::query!(
            "insert into submissions (account_id, key, location, at) values ($1, $2, $3, $4) on conflict do nothing",
            account.0,
            key,
            location,
            now,
        )
        .execute(self.conn())
        .await?
        .rows_affected();
        if inserted == 1 {
            return Ok(None);
        }
        let before =
            sqlx::query_scalar!("select location from submissions where account_id = $1 and key = $2", account.0, key,)
                .fetch_one(self.conn())
                .await?;
        Ok(Some(before))
    }
}
