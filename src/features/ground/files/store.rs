//! Statements behind files, and access to their bytes in the file store.

use std::collections::HashSet;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use chrono::Duration;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::model::Judged;
use crate::{
    db::Tx,
    features::ground::jobs,
    kernel::{Error, FileId, Result},
    web::download,
};

/// The job that deletes bytes without a row.
pub const SWEEP: &str = "files.sweep";
/// The job that deletes the bytes of a removed file.
pub const TAKE_AWAY: &str = "files.take_away";

/// Bytes stored and bytes allowed.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub kept: i64,
    pub allowed: i64,
}

pub async fn usage(tx: &mut Tx) -> Result<Usage> {
    let usage = sqlx::query_as!(
        Usage,
        r#"
        select (select coalesce(sum(bytes), 0)::bigint from files where removed_at is null) as "kept!",
               file_quota_mb * 1048576::bigint as "allowed!"
        from settings
        "#,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(usage)
}

/// Stores a file, unless that would exceed the network's quota.
pub async fn keep(tx: &mut Tx, file: &Judged) -> Result<FileId> {
    let size = i64::try_from(file.bytes.len()).map_err(Error::bug)?;
    let usage = usage(tx).await?;
    if usage.kept + size > usage.allowed {
        return Err(Error::at(
            "file",
            "本网络存放附件的空间已用完，没有保存。请联系系统管理员调整上限，或删去不用的附件。",
        ));
    }
    let (id, now, account) = (FileId::new(), tx.now(), tx.scope().account);
    tx.put_file(id, &file.bytes).await?;
    sqlx::query!(
        "insert into files (id, name, mime, bytes, sha256, account_id, at) values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        file.name,
        file.mime,
        size,
        Sha256::digest(&file.bytes).to_vec(),
        account.map(|account| account.0),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Removes a file that nothing refers to any more; its bytes go once the removal is committed.
pub async fn remove(tx: &mut Tx, id: FileId) -> Result<()> {
    let now = tx.now();
    let removed = sqlx::query_scalar!(
        "update files set removed_at = $2 where id = $1 and removed_at is null returning name",
        id.0,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    match removed {
        Some(name) => jobs::enqueue(tx, TAKE_AWAY, &format!("删除附件「{name}」"), json!(id), None).await,
        None => Ok(()),
    }
}

/// The job that deletes a removed file's bytes.
pub async fn take_away(tx: &mut Tx, payload: serde_json::Value) -> Result<()> {
    tx.delete_file(serde_json::from_value(payload).map_err(Error::bug)?).await
}

/// The job that deletes bytes older than a day without a row, left by a failed transaction.
pub async fn sweep(tx: &mut Tx) -> Result<()> {
    let yesterday = tx.now() - Duration::days(1);
    let lying = tx.lying_files().await?;
    let ids: Vec<_> = lying.iter().map(|file| file.id.0).collect();
    let known =
        sqlx::query_scalar!(r#"select id as "id: FileId" from files where id = any($1) and removed_at is null"#, &ids)
            .fetch_all(tx.conn())
            .await?;
    let known: HashSet<FileId> = known.into_iter().collect();
    for file in lying.iter().filter(|file| file.since < yesterday && !known.contains(&file.id)) {
        tx.delete_file(file.id).await?;
    }
    Ok(())
}

/// Serves a file inert, to view or save. The caller has already found, within reach, the row that
/// refers to it.
pub async fn serve(tx: &mut Tx, id: FileId) -> Result<Response> {
    let file = sqlx::query!("select name, mime from files where id = $1 and removed_at is null", id.0)
        .fetch_one(tx.conn())
        .await?;
    let mime = match file.mime.as_str() {
        "image/jpeg" => "image/jpeg",
        "image/png" => "image/png",
        _ => "application/pdf",
    };
    let bytes = tx.file(id).await?;
    let mut response = download(&file.name, mime, Body::from(bytes));
    let inert = HeaderValue::from_static("default-src 'none'; sandbox");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, inert);
    Ok(response)
}
