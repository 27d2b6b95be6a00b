//! Statements behind recusals: list, add and decide.

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    features::evaluation::panels::model::{Origin, RecusalReason, RecusalState},
    kernel::{AccountId, DivisionCode, Listed, Paging, Result, StationId},
};
/// A claim that an evaluator should not score a station.
#[derive(Clone, Debug)]
pub struct Recusal {
    pub station: StationId,
    pub station_name: String,
    pub account: AccountId,
    pub name: String,
    pub seq: i16,
    pub reason: RecusalReason,
    pub origin: Origin,
    pub words: String,
    pub state: RecusalState,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub decided_by: Option<String>,
    pub decision: String,
}

/// Filter of the list of recusals; blank means all.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct RecusalFilter {
    pub state: String,
    pub origin: String,
}

/// Recusals within reach, undecided ones first; of one station or of all.
pub async fn recusals(
    tx: &mut Tx,
    station: Option<StationId>,
    filter: &RecusalFilter,
    paging: Paging,
) -> Result<Listed<Recusal>> {
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from recusals
        where ($1::uuid is null or station_id = $1) and ($2 = '' or state = $2) and ($3 = '' or origin = $3)
        "#,
        station.map(|id| id.0),
        filter.state,
        filter.origin,
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = sqlx::query_as!(
        Recusal,
        r#"
        select station_id as "station: StationId", coalesce(s.name, '（站点）') as "station_name!",
               account_id as "account: AccountId", display_name as name, seq, reason as "reason: RecusalReason",
               origin as "origin: Origin", words, r.state as "state: RecusalState", asked_by, asked_at, decided_by, decision
        from recusals r
        join accounts a on a.network_id = r.network_id and a.id = account_id
        left join stations s on s.network_id = r.network_id and s.id = station_id
        where ($1::uuid is null or station_id = $1) and ($2 = '' or r.state = $2) and ($3 = '' or origin = $3)
        order by r.state <> 'asked', asked_at desc limit $4 offset $5
        "#,
        station.map(|id| id.0),
        filter.state,
        filter.origin,
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Listed { rows, total, paging })
}

/// Adds a recusal; returns its number within the pair of evaluator and station.
pub async fn recuse(
    tx: &mut Tx,
    (station, division): (StationId, &DivisionCode),
    account: AccountId,
    (origin, reason, words): (Origin, RecusalReason, &str),
) -> Result<i16> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let seq = sqlx::query_scalar!(
        "
        insert into recusals (station_id, account_id, seq, division, reason, origin, words, asked_by, asked_at)
        select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8 from recusals
        where station_id = $1 and account_id = $2
        returning seq
        ",
        station.0,
        account.0,
        division.as_str(),
        reason.as_str(),
        origin.as_str(),
        words,
        by,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(seq)
}

/// Decides a pending recusal.
pub async fn decide(
    tx: &mut Tx,
    (station, account, seq): (StationId, AccountId, i16),
    approve: bool,
    words: &str,
) -> Result<bool> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let state = if approve { RecusalState::Approved } else { RecusalState::Rejected };
    let done = sqlx::query!(
        "
        update recusals set state = $4, decision = $5, decided_by = $6, decided_at = $7
        where station_id = $1 and account_id = $2 and seq = $3 and state = 'asked'
        ",
        station.0,
        account.0,
        seq,
        state.as_str(),
        words,
        by,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}
