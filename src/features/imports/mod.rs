//! Uploaded tables between the dry run and the sender's word: read, judged row by
//! row, kept for a day, and carried out or forgotten. Nothing else is saved before
//! it is confirmed.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    db::Tx,
    kernel::{Error, ImportId, Result},
};

/// Keeps what was read of a table for its sender; `kind` is the register it is for.
pub async fn keep(tx: &mut Tx, kind: &str, file_name: &str, rows: &impl Serialize) -> Result<ImportId> {
    let (id, now) = (ImportId::new(), tx.now());
    let account = tx.scope().account.ok_or(Error::SignedOut)?;
    let rows = serde_json::to_value(rows).map_err(Error::bug)?;
    sqlx::query!(
        "insert into imports (id, account_id, kind, file_name, rows, at) values ($1, $2, $3, $4, $5, $6)",
        id.0,
        account.0,
        kind,
        file_name,
        rows,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// What was kept for this sender: the file's name and the rows.
pub async fn find<T: DeserializeOwned>(tx: &mut Tx, kind: &str, id: ImportId) -> Result<(String, T)> {
    let account = tx.scope().account.ok_or(Error::SignedOut)?;
    let row = sqlx::query!(
        "select file_name, rows from imports where id = $1 and kind = $2 and account_id = $3",
        id.0,
        kind,
        account.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.file_name, serde_json::from_value(row.rows).map_err(Error::bug)?))
}

/// Takes away what was carried out; who comes second finds nothing.
pub async fn take(tx: &mut Tx, id: ImportId) -> Result<()> {
    let taken = sqlx::query!("delete from imports where id = $1", id.0).execute(tx.conn()).await?.rows_affected();
    if taken == 1 { Ok(()) } else { Err(Error::refused("这份表格已经导入过了。")) }
}
