//! Statements behind the job queue: enqueue, claim, finish, fail and sweep.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    db::Tx,
    kernel::{Error, JobId, Listed, Paging, Result},
    words,
};

/// Attempts before a job is left to the system administrator.
pub const ATTEMPTS: i32 = 8;

/// Time a worker has for a job before another takes it over.
const LEASE: Duration = Duration::minutes(5);

words! {
    State {
        Failed = "failed", "失败";
        Failing = "failing", "等待重试";
        Waiting = "waiting", "排队";
        Running = "running", "进行中";
        Done = "done", "完成";
        Dropped = "dropped", "已放弃";
    }
}

impl State {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Failed => "bad",
            Self::Failing => "warn",
            Self::Done => "ok",
            _ => "plain",
        }
    }
}

/// Enqueues a job. With a key, a job of that kind and key is only ever enqueued once.
pub async fn enqueue(tx: &mut Tx, kind: &str, about: &str, payload: Value, once_key: Option<&str>) -> Result<()> {
    let now = tx.now();
    let made = sqlx::query!(
        "
        insert into jobs (id, kind, about, payload, once_key, run_at, created_at) values ($1, $2, $3, $4, $5, $6, $6)
        on conflict do nothing
        ",
        JobId::new().0,
        kind,
        about,
        payload,
        once_key,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if made == 1 {
        tx.leaves_work();
    }
    Ok(())
}

/// A claimed job.
#[derive(Debug)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    pub attempts: i32,
}

/// Claims the next job that is due and not leased to another worker.
pub async fn claim(tx: &mut Tx) -> Result<Option<Job>> {
    let now = tx.now();
    let job = sqlx::query_as!(
        Job,
        r#"
        update jobs set leased_until = $1, attempts = attempts + 1
        where id = (
            select id from jobs
            where done_at is null and dropped_at is null and run_at <= $2 and attempts < $3
              and (leased_until is null or leased_until < $2)
            order by run_at, id limit 1 for update skip locked)
        returning id as "id: JobId", kind, payload, attempts
        "#,
        now + LEASE,
        now,
        ATTEMPTS,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(job)
}

/// Finishes a job, in the transaction that did its work; refuses if another worker has done it.
pub async fn finish(tx: &mut Tx, id: JobId) -> Result<()> {
    let now = tx.now();
    let ended = sqlx::query!(
        "
        update jobs set done_at = $2, leased_until = null, last_error = ''
        where id = $1 and done_at is null and dropped_at is null
        ",
        id.0,
        now
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if ended == 1 { Ok(()) } else { Err(Error::bug(format!("job {id} was ended by another"))) }
}

/// Notes why a job failed and schedules a retry after 30 s, 1 min and so on, doubling up to an
/// hour.
pub async fn fail(tx: &mut Tx, job: &Job, why: &str) -> Result<()> {
    let wait = Duration::seconds((15 << job.attempts.clamp(1, 9)).min(3600));
    let (now, why) = (tx.now(), why.chars().take(500).collect::<String>());
    sqlx::query!(
        "update jobs set leased_until = null, last_error = $2, run_at = $3 where id = $1",
        job.id.0,
        why,
        now + wait
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes jobs that ended more than a month ago.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let before = tx.now() - Duration::days(30);
    sqlx::query!("delete from jobs where created_at < $1 and (done_at < $1 or dropped_at < $1)", before)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A job in the list.
#[derive(Debug, Serialize)]
pub struct Row {
    #[serde(skip)]
    pub id: JobId,
    pub kind: String,
    pub about: String,
    pub state: State,
    pub attempts: i32,
    pub last_error: String,
    pub run_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    #[serde(skip)]
    pub total: i64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub state: String,
}

/// Jobs in one state, or all, newest first; `one` narrows the list to a single job.
pub async fn page(tx: &mut Tx, filter: &Filter, one: Option<JobId>, paging: Paging) -> Result<Listed<Row>> {
    let now = tx.now();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id as "id: JobId", kind, about, state as "state!: State", attempts, last_error, run_at, created_at,
               count(*) over () as "total!"
        from (
            select *, case
                when done_at is not null then 'done'
                when dropped_at is not null then 'dropped'
                when leased_until >= $1 then 'running'
                when attempts >= $2 then 'failed'
                when attempts > 0 then 'failing'
                else 'waiting' end as state
            from jobs
        ) as jobs
        where ($3 = '' or state = $3) and ($4::uuid is null or id = $4)
        order by created_at desc, id desc limit $5 offset $6
        "#,
        now,
        ATTEMPTS,
        filter.state,
        one.map(|id| id.0),
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

/// Retries an unfinished job from the first attempt, or drops it.
pub async fn decide(tx: &mut Tx, id: JobId, again: bool) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "
        update jobs set attempts = case when $2 then 0 else attempts end, run_at = $3::timestamptz,
            dropped_at = case when $2 then null else $3::timestamptz end
        where id = $1 and done_at is null and dropped_at is null
        ",
        id.0,
        again,
        now,
    )
    .execute(tx.conn())
    .await?;
    tx.leaves_work();
    Ok(())
}
