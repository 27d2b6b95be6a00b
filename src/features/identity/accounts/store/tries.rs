//! Tries at passwords, counted before they are judged, and the devices that are known.
//! Queries only.

use super::super::model::{WAITS, still_to_wait};
use crate::{
    db::Tx,
    kernel::{AccountId, Error, Result},
};

/// Whoever tries without having signed in from this device before: all together.
pub const STRANGER: &str = "";

/// Somebody who is signed in and is asked for the password again.
pub const INSIDE: &str = "inside";

/// How many devices of an account stay known.
const DEVICES: i64 = 20;

/// Counts a try under a name, and admits it when the wait since the one before is over: in
/// one statement, so that of many at once only as many are judged as one after the other.
///
/// # Errors
/// [`Error::TooMany`] with the seconds still to wait; such a try is not counted.
pub async fn admit(tx: &mut Tx, user_name: &str, device: &str) -> Result<()> {
    let now = tx.now();
    let admitted = sqlx::query!(
        "
        insert into sign_in_tries as before (user_name, device, tries, last_at) values ($1, $2, 1, $3)
        on conflict (network_id, user_name, device) do update
        set tries = before.tries + 1, last_at = greatest(before.last_at, $3)
        where before.last_at + ($4::int[])[least(before.tries, cardinality($4::int[]))] * interval '1 second'
            <= greatest(before.last_at, $3)
        ",
        user_name,
        device,
        now,
        &WAITS,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if admitted == 1 {
        return Ok(());
    }
    let before = sqlx::query!(
        "select tries, last_at from sign_in_tries where user_name = $1 and device = $2",
        user_name,
        device
    )
    .fetch_optional(tx.conn())
    .await?;
    Err(Error::TooMany(before.map_or(1, |before| still_to_wait(before.tries, before.last_at, now).max(1))))
}

/// The password was right: the next try of this device waits for nothing.
pub async fn forget_tries(tx: &mut Tx, user_name: &str, device: &str) -> Result<()> {
    sqlx::query!("delete from sign_in_tries where user_name = $1 and device = $2", user_name, device)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Lets a name be tried again at once from every device. Answers whether anybody waited.
pub async fn forget_all_tries(tx: &mut Tx, user_name: &str) -> Result<bool> {
    let forgotten =
        sqlx::query!("delete from sign_in_tries where user_name = $1", user_name).execute(tx.conn()).await?;
    Ok(forgotten.rows_affected() > 0)
}

/// The seconds that strangers still have to wait under a name.
pub async fn wait_of_strangers(tx: &mut Tx, user_name: &str) -> Result<i64> {
    let now = tx.now();
    let before = sqlx::query!(
        "select tries, last_at from sign_in_tries where user_name = $1 and device = $2",
        user_name,
        STRANGER
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(before.map_or(0, |before| still_to_wait(before.tries, before.last_at, now)))
}

/// Whether this device signed in to the account before; notes that it was seen.
pub async fn knows_device(tx: &mut Tx, account: AccountId, token_hash: &[u8]) -> Result<bool> {
    let now = tx.now();
    let seen = sqlx::query!(
        "update known_devices set seen_at = $3 where account_id = $1 and token_hash = $2",
        account.0,
        token_hash,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(seen.rows_affected() == 1)
}

/// Knows this device from now on, and forgets the one not seen for longest when there are
/// too many.
pub async fn remember_device(tx: &mut Tx, account: AccountId, token_hash: &[u8]) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into known_devices (account_id, token_hash, since, seen_at) values ($1, $2, $3, $3)",
        account.0,
        token_hash,
        now,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "
        delete from known_devices where account_id = $1 and token_hash in (
            select token_hash from known_devices where account_id = $1 order by seen_at desc, token_hash offset $2)
        ",
        account.0,
        DEVICES,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
