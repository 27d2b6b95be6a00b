//! Statements that count sign-in attempts before the password is checked, and remember known
//! devices.

use super::super::model::{WAITS, still_to_wait};
use crate::{
    db::Tx,
    kernel::{AccountId, Error, Result},
};

/// The shared count of attempts from all unknown devices.
pub const STRANGER: &str = "";

/// The count of attempts by a signed-in visitor who is asked for the password again.
pub const INSIDE: &str = "inside";

/// Devices remembered per account.
const DEVICES: i64 = 20;

/// Counts an attempt under a name, and admits it if the wait since the previous one is over. It is
/// one statement, so that parallel attempts get no more chances than sequential ones.
///
/// # Errors
/// [`Error::TooMany`] with the seconds left to wait; such an attempt is not counted.
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

/// Clears the count after a correct password: this device's next attempt need not wait.
pub async fn forget_tries(tx: &mut Tx, user_name: &str, device: &str) -> Result<()> {
    sqlx::query!("delete from sign_in_tries where user_name = $1 and device = $2", user_name, device)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Clears the counts of a name on every device. Returns true if there were any.
pub async fn forget_all_tries(tx: &mut Tx, user_name: &str) -> Result<bool> {
    let forgotten =
        sqlx::query!("delete from sign_in_tries where user_name = $1", user_name).execute(tx.conn()).await?;
    Ok(forgotten.rows_affected() > 0)
}

/// Seconds that unknown devices still have to wait under a name.
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

/// True if this device has signed in to the account before; also notes that it was seen.
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

/// Remembers this device, and forgets the one unseen for longest if there are too many.
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
