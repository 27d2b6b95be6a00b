//! Statements behind uploaded tables that await confirmation.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    db::Tx,
    kernel::{Error, ImportId, Result, hex},
};

/// Stores the rows of a table for its sender, encrypted; `kind` is the register it is for.
pub async fn keep(tx: &mut Tx, kind: &str, file_name: &str, rows: &impl Serialize) -> Result<ImportId> {
    let (id, now) = (ImportId::new(), tx.now());
    let account = tx.scope().account.ok_or(Error::SignedOut)?;
    let rows = serde_json::to_string(rows).map_err(Error::bug)?;
    let sealed = tx.seal("imports.rows", id, &rows)?.unwrap_or_default();
    sqlx::query!(
        "insert into imports (id, account_id, kind, file_name, rows, at) values ($1, $2, $3, $4, $5, $6)",
        id.0,
        account.0,
        kind,
        file_name,
        serde_json::Value::String(hex(&sealed)),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// A stored table of this sender: the file's name and the rows.
pub async fn find<T: DeserializeOwned>(tx: &mut Tx, kind: &str, id: ImportId) -> Result<(String, T)> {
    let account = tx.scope().account.ok_or(Error::SignedOut)?;
    let row = sqlx::query!(
        "select file_name, rows #>> '{}' as rows from imports where id = $1 and kind = $2 and account_id = $3",
        id.0,
        kind,
        account.0,
    )
    .fetch_one(tx.conn())
    .await?;
    let digits = row.rows.unwrap_or_default();
    let sealed: Option<Vec<u8>> =
        (0..digits.len() / 2).map(|at| u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()).collect();
    let rows = tx.open("imports.rows", id, sealed.as_deref())?;
    Ok((row.file_name, serde_json::from_str(&rows).map_err(Error::bug)?))
}

/// Removes a table that was carried out; a second attempt is refused.
pub async fn take(tx: &mut Tx, id: ImportId) -> Result<()> {
    let taken = sqlx::query!("delete from imports where id = $1", id.0).execute(tx.conn()).await?.rows_affected();
    if taken == 1 { Ok(()) } else { Err(Error::refused("这份表格已经导入过了。")) }
}
