//! Statements behind notices: sending, mailing, reading and the log.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::{
    db::Tx,
    kernel::{AccountId, DivisionCode, Listed, NoticeId, Paging, Result},
};

/// A notice to be sent to one account.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub account: AccountId,
    pub once_key: String,
    pub division: String,
    pub title: String,
    pub path: String,
}

/// Sends a notice to an account, once under that key.
pub async fn tell(tx: &mut Tx, account: AccountId, once_key: &str, title: &str, path: &str) -> Result<()> {
    let notice = NewNotice {
        account,
        once_key: once_key.to_owned(),
        division: String::new(),
        title: title.to_owned(),
        path: path.to_owned(),
    };
    tell_all(tx, &[notice]).await.map(|_| ())
}

/// Sends many notices; returns how many were new.
pub async fn tell_all(tx: &mut Tx, notices: &[NewNotice]) -> Result<u64> {
    let now = tx.now();
    let text = |of: fn(&NewNotice) -> &str| notices.iter().map(|notice| of(notice).to_owned()).collect::<Vec<String>>();
    let ids: Vec<Uuid> = notices.iter().map(|_| NoticeId::new().0).collect();
    let accounts: Vec<Uuid> = notices.iter().map(|notice| notice.account.0).collect();
    let told = sqlx::query!(
        "
        insert into notices (id, account_id, once_key, division, title, path, at)
        select *, $7 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        on conflict (network_id, account_id, once_key) do nothing
        ",
        &ids,
        &accounts,
        &text(|notice| &notice.once_key),
        &text(|notice| &notice.division),
        &text(|notice| &notice.title),
        &text(|notice| &notice.path),
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(told)
}

/// A notice in the visitor's list.
#[derive(Debug)]
pub struct Notice {
    pub id: NoticeId,
    pub title: String,
    pub at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
    pub total: i64,
}

/// An account's notices: unread ones first, then newest first.
pub async fn own(tx: &mut Tx, account: AccountId, paging: Paging) -> Result<Listed<Notice>> {
    let rows = sqlx::query_as!(
        Notice,
        r#"
        select id as "id: NoticeId", title, at, read_at, count(*) over () as "total!"
        from notices where account_id = $1
        order by read_at is not null, at desc, id desc limit $2 offset $3
        "#,
        account.0,
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

/// A notice to be sent by e-mail.
#[derive(Debug)]
pub struct Mail {
    pub id: NoticeId,
    pub address: String,
    pub title: String,
    pub path: String,
}

/// The next unmailed notice of the last three days whose recipient has an address, locked until
/// this transaction ends.
pub async fn next_mail(tx: &mut Tx) -> Result<Option<Mail>> {
    let since = tx.now() - Duration::days(3);
    let mail = sqlx::query_as!(
        Mail,
        r#"
        select notices.id as "id: NoticeId", accounts.email as address, title, path
        from notices
        join accounts on accounts.network_id = notices.network_id and accounts.id = notices.account_id
        where mailed_at is null and read_at is null and at > $1 and accounts.email <> '' and accounts.left_at is null
        order by at, notices.id limit 1 for update of notices skip locked
        "#,
        since,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(mail)
}

/// Marks a notice as mailed.
pub async fn mailed(tx: &mut Tx, id: NoticeId) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update notices set mailed_at = $2 where id = $1", id.0, now).execute(tx.conn()).await?;
    Ok(())
}

/// The path that one of the account's notices links to.
pub async fn path_of(tx: &mut Tx, account: AccountId, id: NoticeId) -> Result<String> {
    let path = sqlx::query_scalar!("select path from notices where id = $1 and account_id = $2", id.0, account.0)
        .fetch_one(tx.conn())
        .await?;
    Ok(path)
}

/// Marks all of an account's notices as read.
pub async fn mark_read(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update notices set read_at = $2 where account_id = $1 and read_at is null", account.0, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A line of the log: a notice about a place, and its recipient.
#[derive(Debug)]
pub struct Told {
    pub name: String,
    pub title: String,
    pub path: String,
    pub at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
    pub mailed_at: Option<DateTime<Utc>>,
    pub total: i64,
}

/// Notices about places within a division, newest first.
pub async fn log(tx: &mut Tx, within: &DivisionCode, limit: i64, offset: i64) -> Result<Vec<Told>> {
    let rows = sqlx::query_as!(
        Told,
        r#"
        select accounts.display_name as name, title, path, at, read_at, mailed_at, count(*) over () as "total!"
        from notices
        join accounts on accounts.network_id = notices.network_id and accounts.id = notices.account_id
        where division <> '' and division >= $1 and division < $2
        order by at desc, notices.id desc limit $3 offset $4
        "#,
        within.as_str(),
        within.end(),
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Deletes notices older than two years.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let before = tx.now() - Duration::days(730);
    sqlx::query!("delete from notices where at < $1", before).execute(tx.conn()).await?;
    Ok(())
}
