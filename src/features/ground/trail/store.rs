//! Statements that read the audit trail, and the sweep of form keys and unconfirmed imports.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    db::Tx,
    kernel::{Day, Listed, Paging, Result},
};

/// A row of the trail in a list.
#[derive(Debug)]
pub struct Line {
    pub at: DateTime<Utc>,
    pub id: Uuid,
    pub event: Uuid,
    pub actor: String,
    pub act: String,
    pub object_kind: String,
    pub object_id: String,
    pub object_label: String,
    pub request_id: String,
    pub address: String,
    pub total: i64,
}

/// A query on the trail: a range of days, and text in actor, act or object.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub from: Day,
    pub to: Day,
    pub q: String,
}

impl Wanted {
    /// Start of the first day and end of the last, in China's time zone.
    fn bounds(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let begin = |day: NaiveDate| day.and_hms_opt(0, 0, 0).unwrap_or_default().and_utc() - Duration::hours(8);
        (begin(self.from.0), begin(self.to.0) + Duration::days(1))
    }
}

pub async fn page(tx: &mut Tx, wanted: &Wanted, paging: Paging) -> Result<Listed<Line>> {
    let (from, to) = wanted.bounds();
    let rows = sqlx::query_as!(
        Line,
        r#"
        select at, id, event, actor, act, object_kind, object_id, object_label, request_id, address,
               count(*) over () as "total!"
        from audit
        where at >= $1 and at < $2
          and ($3 = '' or strpos(actor, $3) > 0 or strpos(act, $3) > 0 or strpos(object_label, $3) > 0 or request_id = $3)
        order by at desc, id desc limit $4 offset $5
        "#,
        from,
        to,
        wanted.q,
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

/// The rows that follow a given row, for an export.
pub async fn after(tx: &mut Tx, wanted: &Wanted, last: Option<(DateTime<Utc>, Uuid)>, limit: i64) -> Result<Vec<Line>> {
    let (from, to) = wanted.bounds();
    let (at, id) = last.unwrap_or((from - Duration::seconds(1), Uuid::nil()));
    let rows = sqlx::query_as!(
        Line,
        r#"
        select at, id, event, actor, act, object_kind, object_id, object_label, request_id, address, 0::bigint as "total!"
        from audit
        where at >= $1 and at < $2 and (at, id) > ($4, $5)
          and ($3 = '' or strpos(actor, $3) > 0 or strpos(act, $3) > 0 or strpos(object_label, $3) > 0 or request_id = $3)
        order by at, id limit $6
        "#,
        from,
        to,
        wanted.q,
        at,
        id,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A row of the trail with the change it records.
#[derive(Debug)]
pub struct Detail {
    pub at: DateTime<Utc>,
    pub actor: String,
    pub act: String,
    pub object_kind: String,
    pub object_id: String,
    pub object_label: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub request_id: String,
    pub address: String,
    pub sealed: bool,
}

/// The rows of one event, 200 at most.
pub async fn of_event(tx: &mut Tx, event: Uuid) -> Result<Vec<Detail>> {
    let rows = sqlx::query_as!(
        Detail,
        r#"
        select at, actor, act, object_kind, object_id, object_label, before, after, request_id, address,
               exists (select from audit_chain where audit_chain.audit_id = audit.id) as "sealed!"
        from audit where event = $1 order by at, id limit 200
        "#,
        event,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Deletes form keys older than a week and uploaded tables not confirmed within a day.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    sqlx::query!("delete from submissions where at < $1", now - Duration::days(7)).execute(tx.conn()).await?;
    sqlx::query!("delete from imports where at < $1", now - Duration::days(1)).execute(tx.conn()).await?;
    Ok(())
}
