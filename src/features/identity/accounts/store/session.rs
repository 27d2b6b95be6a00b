//! Statements behind signing in: the account's credentials, its sessions and the grant to work
//! with.

use chrono::{DateTime, Duration, Utc};

use super::super::model::SESSION_HOURS;
use crate::{
    db::Tx,
    kernel::{AccountId, Error, GrantId, Result, SessionId},
};

/// The fields of an account that signing in needs.
#[derive(Debug)]
pub struct Door {
    pub id: AccountId,
    pub display_name: String,
    pub password_hash: String,
    pub password_is_code: bool,
    pub password_until: Option<DateTime<Utc>>,
    pub locked_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
}

pub async fn door(tx: &mut Tx, user_name: &str) -> Result<Option<Door>> {
    let door = sqlx::query_as!(
        Door,
        r#"
        select id as "id: AccountId", display_name, password_hash, password_is_code, password_until, locked_at, left_at
        from accounts where user_name = $1
        "#,
        user_name,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(door)
}

/// The grant an account starts work with: the one it used last, if that holds today, else one for
/// an evaluation round, else the oldest.
pub async fn grant_for_today(tx: &mut Tx, account: AccountId) -> Result<Option<GrantId>> {
    let today = tx.today();
    let grant = sqlx::query_scalar!(
        r#"
        select grants.id as "id: GrantId" from grants
        left join lateral (
            select max(seen_at) as seen_at from sessions
            where sessions.network_id = grants.network_id and sessions.account_id = $1 and sessions.grant_id = grants.id
        ) used on true
        where account_id = $1 and since <= $2 and (until is null or until >= $2) and ended_at is null
        order by used.seen_at desc nulls last, grants.round_id is null, grants.id limit 1
        "#,
        account.0,
        today.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(grant)
}

pub async fn insert_session(
    tx: &mut Tx,
    account: AccountId,
    grant: GrantId,
    token_hash: &[u8],
    browser: &str,
) -> Result<SessionId> {
    let (id, now, address) = (SessionId::new(), tx.now(), tx.scope().origin.address.clone());
    sqlx::query!(
        "
        insert into sessions (id, token_hash, account_id, grant_id, began_at, seen_at, address, browser)
        values ($1, $2, $3, $4, $5, $5, $6, $7)
        ",
        id.0,
        token_hash,
        account.0,
        grant.0,
        now,
        address,
        browser,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("update accounts set last_sign_in_at = $2 where id = $1", account.0, now).execute(tx.conn()).await?;
    Ok(id)
}

pub async fn touch_session(tx: &mut Tx, id: SessionId) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update sessions set seen_at = $2 where id = $1", id.0, now).execute(tx.conn()).await?;
    Ok(())
}

/// Ends one session of an account; the id of somebody else's session is not found.
pub async fn end_session(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<()> {
    let now = tx.now();
    let ended = sqlx::query!(
        "update sessions set ended_at = $3 where id = $1 and account_id = $2 and ended_at is null",
        id.0,
        account.0,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if ended == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Ends the session that a token belongs to, if it exists.
pub async fn end_session_of_token(tx: &mut Tx, token_hash: &[u8]) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update sessions set ended_at = $2 where token_hash = $1 and ended_at is null", token_hash, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends all sessions of an account except `but`.
pub async fn end_sessions(tx: &mut Tx, account: AccountId, but: Option<SessionId>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update sessions set ended_at = $3 where account_id = $1 and ended_at is null and id is distinct from $2",
        account.0,
        but.map(|id| id.0),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A session as its owner sees it.
#[derive(Debug)]
pub struct OwnSession {
    pub id: SessionId,
    pub began_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub address: String,
    pub browser: String,
}

/// The sessions of an account that may still be alive, newest first.
pub async fn sessions(tx: &mut Tx, account: AccountId) -> Result<Vec<OwnSession>> {
    let since = tx.now() - Duration::hours(SESSION_HOURS);
    let sessions = sqlx::query_as!(
        OwnSession,
        r#"
        select id as "id: SessionId", began_at, seen_at, address, browser from sessions
        where account_id = $1 and ended_at is null and began_at > $2
        order by seen_at desc limit 50
        "#,
        account.0,
        since,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(sessions)
}
