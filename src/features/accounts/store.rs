//! Accounts, sessions and failures. Queries only.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::model::{CODE_DAYS, NewAccount};
use crate::{
    access::Role,
    db::{AtField, Tx},
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, GrantId, Listed, Paging, Result, SessionId, StationId},
};

/// What signing in asks of an account.
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

pub async fn failures(tx: &mut Tx, user_name: &str) -> Result<Option<(i32, DateTime<Utc>)>> {
    let row = sqlx::query!("select failures, last_at from sign_in_failures where user_name = $1", user_name)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|row| (row.failures, row.last_at)))
}

pub async fn note_failure(tx: &mut Tx, user_name: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "
        insert into sign_in_failures (user_name, failures, last_at) values ($1, 1, $2)
        on conflict (network_id, user_name) do update
        set failures = sign_in_failures.failures + 1, last_at = $2
        ",
        user_name,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn forget_failures(tx: &mut Tx, user_name: &str) -> Result<()> {
    sqlx::query!("delete from sign_in_failures where user_name = $1", user_name).execute(tx.conn()).await?;
    Ok(())
}

/// The grant an account goes to work with: the one it used last, if that holds
/// today, else the oldest that does.
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
        order by used.seen_at desc nulls last, grants.id limit 1
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

/// Ends one session of an account; the id of another's is not found.
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

/// Ends the session a token stands for, if there is one.
pub async fn end_session_of_token(tx: &mut Tx, token_hash: &[u8]) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update sessions set ended_at = $2 where token_hash = $1 and ended_at is null", token_hash, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends all sessions of an account but one.
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
    let since = tx.now() - Duration::hours(12);
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

pub async fn set_password(tx: &mut Tx, account: AccountId, hash: &str) -> Result<()> {
    sqlx::query!(
        "
        update accounts set password_hash = $2, password_is_code = false, password_until = null, version = version + 1
        where id = $1
        ",
        account.0,
        hash,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the password by a code that ends and must be changed.
pub async fn set_code(tx: &mut Tx, account: AccountId, hash: &str) -> Result<()> {
    let until = tx.now() + Duration::days(CODE_DAYS);
    sqlx::query!(
        "
        update accounts set password_hash = $2, password_is_code = true, password_until = $3, version = version + 1
        where id = $1
        ",
        account.0,
        hash,
        until,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes an account whose password is a code.
pub async fn insert(tx: &mut Tx, new: &NewAccount, hash: &str, id: AccountId) -> Result<()> {
    let (now, until) = (tx.now(), tx.now() + Duration::days(CODE_DAYS));
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into accounts (id, user_name, display_name, phone, password_hash, password_is_code, password_until, created_at)
        values ($1, $2, $3, $4, $5, true, $6, $7)
        ",
        id.0,
        new.user_name,
        new.display_name,
        new.phone,
        hash,
        until,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&[("accounts_user_name_once", "user_name", "这个用户名已经有人用了，请换一个，例如加上数字。")])?;
    point.commit().await?;
    Ok(())
}

/// An account as the administrator sees it.
#[derive(Debug, Serialize)]
pub struct Person {
    #[serde(skip)]
    pub id: AccountId,
    pub user_name: String,
    pub display_name: String,
    pub phone: String,
    #[serde(skip)]
    pub password_is_code: bool,
    #[serde(skip)]
    pub password_until: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub locked_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub left_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub created_at: DateTime<Utc>,
    #[serde(skip)]
    pub last_sign_in_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub version: i32,
}

impl Person {
    /// How the account stands, in words, and the colour of the tag.
    pub fn standing(&self) -> (&'static str, &'static str) {
        if self.left_at.is_some() {
            ("已离岗", "plain")
        } else if self.locked_at.is_some() {
            ("已锁定", "bad")
        } else if self.last_sign_in_at.is_none() {
            ("从未登录", "warn")
        } else if self.password_is_code {
            ("待改密码", "warn")
        } else {
            ("正常", "ok")
        }
    }
}

pub async fn find(tx: &mut Tx, id: AccountId) -> Result<Person> {
    let person = sqlx::query_as!(
        Person,
        r#"
        select id as "id: AccountId", user_name, display_name, phone, password_is_code, password_until, locked_at, left_at,
               created_at, last_sign_in_at, version
        from accounts where id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(person)
}

/// Accounts whose name, display name or phone holds `q`, in the standing asked for
/// (`never`, `locked`, `left`, `open`, or any).
pub async fn page(tx: &mut Tx, q: &str, standing: &str, paging: Paging) -> Result<Listed<Person>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: AccountId", user_name, display_name, phone, password_is_code, password_until, locked_at, left_at,
               created_at, last_sign_in_at, version, count(*) over () as "total!"
        from accounts
        where ($1 = '' or strpos(user_name, lower($1)) > 0 or strpos(display_name, $1) > 0 or strpos(phone, $1) > 0)
          and case $2
              when 'never' then last_sign_in_at is null and left_at is null
              when 'locked' then locked_at is not null and left_at is null
              when 'left' then left_at is not null
              when 'open' then left_at is null and locked_at is null
              else true
          end
        order by left_at is not null, display_name collate zh, user_name
        limit $3 offset $4
        "#,
        q,
        standing,
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let rows = rows
        .into_iter()
        .map(|row| Person {
            id: row.id,
            user_name: row.user_name,
            display_name: row.display_name,
            phone: row.phone,
            password_is_code: row.password_is_code,
            password_until: row.password_until,
            locked_at: row.locked_at,
            left_at: row.left_at,
            created_at: row.created_at,
            last_sign_in_at: row.last_sign_in_at,
            version: row.version,
        })
        .collect();
    Ok(Listed { rows, total, paging })
}

/// Accounts still in place whose name or display name holds `q`, for choosing one.
pub async fn people_named(tx: &mut Tx, q: &str, limit: i64) -> Result<Vec<Person>> {
    let people = sqlx::query_as!(
        Person,
        r#"
        select id as "id: AccountId", user_name, display_name, phone, password_is_code, password_until, locked_at, left_at,
               created_at, last_sign_in_at, version
        from accounts
        where left_at is null and ($1 = '' or strpos(user_name, lower($1)) > 0 or strpos(display_name, $1) > 0)
        order by display_name collate zh, user_name limit $2
        "#,
        q,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(people)
}

/// Changes who an account is of, unless somebody changed it first.
pub async fn update(tx: &mut Tx, id: AccountId, version: i32, display_name: &str, phone: &str) -> Result<()> {
    let changed = sqlx::query!(
        "update accounts set display_name = $3, phone = $4, version = version + 1 where id = $1 and version = $2",
        id.0,
        version,
        display_name,
        phone,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::refused("刚才有人改过这个账号，您的修改没有保存。请刷新后核对再改。"))
    }
}

pub async fn set_locked(tx: &mut Tx, id: AccountId, locked: bool) -> Result<()> {
    let now = tx.now();
    let changed = sqlx::query!(
        "
        update accounts set locked_at = case when $2 then $3::timestamptz end, version = version + 1
        where id = $1 and left_at is null and (locked_at is null) = $2
        ",
        id.0,
        locked,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::refused("这个账号已经是这个状态，或者已经离岗，没有改动。"))
    }
}

/// Ends an account for good: sessions die, grants end. Answers the grants.
pub async fn leave(tx: &mut Tx, id: AccountId) -> Result<Vec<GrantId>> {
    let now = tx.now();
    let changed = sqlx::query!(
        "update accounts set left_at = $2, version = version + 1 where id = $1 and left_at is null",
        id.0,
        now
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if changed != 1 {
        return Err(Error::refused("这个账号已经办理过离岗。"));
    }
    let ended = sqlx::query_scalar!(
        r#"update grants set ended_at = $2 where account_id = $1 and ended_at is null returning id as "id: GrantId""#,
        id.0,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    end_sessions(tx, id, None).await?;
    Ok(ended)
}

/// Which of these user names are taken.
pub async fn taken(tx: &mut Tx, names: &[String]) -> Result<Vec<String>> {
    let taken = sqlx::query_scalar!("select user_name from accounts where user_name = any($1)", names)
        .fetch_all(tx.conn())
        .await?;
    Ok(taken)
}

/// Whom the network names to those who forgot their password.
pub async fn contact(tx: &mut Tx) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select contact from settings").fetch_optional(tx.conn()).await?)
}

/// A grant to be made: what somebody may act as, how far and how long.
#[derive(Clone, Debug)]
pub struct NewGrant {
    pub account: AccountId,
    pub role: Role,
    pub division: DivisionCode,
    pub agency: Option<AgencyId>,
    pub stations: Vec<StationId>,
    pub since: Day,
    pub until: Option<Day>,
    pub acting_for: Option<AccountId>,
}

pub async fn insert_grant(tx: &mut Tx, new: &NewGrant) -> Result<GrantId> {
    let (id, now, actor) = (GrantId::new(), tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into grants (id, account_id, role, division, agency_id, since, until, acting_for, granted_by, granted_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ",
        id.0,
        new.account.0,
        new.role.as_str(),
        new.division.as_str(),
        new.agency.map(|id| id.0),
        new.since.0,
        new.until.map(|day| day.0),
        new.acting_for.map(|id| id.0),
        actor,
        now,
    )
    .execute(tx.conn())
    .await?;
    let stations: Vec<_> = new.stations.iter().map(|id| id.0).collect();
    sqlx::query!("insert into grant_stations (grant_id, station_id) select $1, unnest($2::uuid[])", id.0, &stations)
        .execute(tx.conn())
        .await?;
    Ok(id)
}

/// Whether an account holds, or is to hold, the role of another administrator than the
/// system's own: whose password the system administrator must not give out.
pub async fn guards_others(tx: &mut Tx, id: AccountId) -> Result<bool> {
    let guards = sqlx::query_scalar!(
        r#"
        select exists (
            select from grants where account_id = $1 and role in ('security_admin', 'audit_admin') and ended_at is null
        ) as "guards!"
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(guards)
}
