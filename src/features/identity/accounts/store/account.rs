//! Statements behind accounts: their passwords, their state and their grants.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::{
    super::model::{CODE_DAYS, NewAccount},
    end_sessions,
};
use crate::{
    access::Role,
    db::{AtField, Tx},
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, GrantId, Listed, Paging, Result, StationId},
};

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

/// The address to which an account's notices are also mailed.
pub async fn email(tx: &mut Tx, account: AccountId) -> Result<String> {
    let email = sqlx::query_scalar!("select email from accounts where id = $1", account.0).fetch_one(tx.conn()).await?;
    Ok(email)
}

pub async fn set_email(tx: &mut Tx, account: AccountId, email: &str) -> Result<()> {
    sqlx::query!("update accounts set email = $2 where id = $1", account.0, email).execute(tx.conn()).await?;
    Ok(())
}

/// Replaces the password with a one-time code that expires and must be changed.
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

/// Creates an account whose password is a one-time code.
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
    /// The account's state in words, and the colour of its tag.
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

/// Accounts whose user name, display name or phone contains `q`, in the given state (`never`,
/// `locked`, `left`, `open`, or any).
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

/// Accounts not yet closed whose user name or display name contains `q`, for choosing one.
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

/// Changes an account's display name and phone; refuses if somebody else saved first.
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

/// Closes an account for good and ends its sessions and grants. Returns the grants.
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

/// Those of the given user names that are already in use.
pub async fn taken(tx: &mut Tx, names: &[String]) -> Result<Vec<String>> {
    let taken = sqlx::query_scalar!("select user_name from accounts where user_name = any($1)", names)
        .fetch_all(tx.conn())
        .await?;
    Ok(taken)
}

/// The contact the network names for forgotten passwords.
pub async fn contact(tx: &mut Tx) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!("select contact from settings").fetch_optional(tx.conn()).await?)
}

/// A grant to be made: account, role, reach and period.
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

/// Makes a grant.
///
/// # Errors
/// A problem at `account` if the account would hold two of the three administrator roles on the
/// same day, even when grants are made in parallel.
pub async fn insert_grant(tx: &mut Tx, new: &NewGrant) -> Result<GrantId> {
    let (id, now, actor) = (GrantId::new(), tx.now(), tx.scope().actor.clone());
    let mut point = tx.savepoint().await?;
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
    .execute(&mut *point)
    .await
    .at_field(&[(
        "grants_one_administrator",
        "account",
        "这个账号已经是另一种管理员。三种管理员要彼此分开，请用另一个账号。",
    )])?;
    point.commit().await?;
    let stations: Vec<_> = new.stations.iter().map(|id| id.0).collect();
    sqlx::query!("insert into grant_stations (grant_id, station_id) select $1, unnest($2::uuid[])", id.0, &stations)
        .execute(tx.conn())
        .await?;
    Ok(id)
}

/// True if an account holds, or will hold, the role of security or audit administrator: the system
/// administrator must not hand out codes for it.
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

/// Accounts that may evaluate in a place today, by name.
pub async fn evaluators(tx: &mut Tx, place: &DivisionCode) -> Result<Vec<(AccountId, String)>> {
    let today = tx.today();
    let rows = sqlx::query!(
        r#"
        select distinct accounts.id as "id: AccountId", display_name
        from grants join accounts on accounts.network_id = grants.network_id and accounts.id = account_id
        where role = 'evaluator' and ended_at is null and starts_with($1, division) and since <= $2 and (until is null or until >= $2)
        order by display_name limit 200
        "#,
        place.as_str(),
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.display_name)).collect())
}
