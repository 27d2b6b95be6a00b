//! The hash chain over a network's audit rows: sealing and verification.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    db::Tx,
    kernel::{Result, hex},
};

/// Links that one transaction appends at most.
pub const LINKS_AT_ONCE: usize = 2000;

/// An audit row, as it is hashed.
#[derive(Debug)]
pub(super) struct Row {
    pub at: DateTime<Utc>,
    pub id: Uuid,
    pub event: Uuid,
    pub account_id: Option<Uuid>,
    pub actor: String,
    pub act: String,
    pub object_kind: String,
    pub object_id: String,
    pub object_label: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub request_id: String,
    pub address: String,
}

impl Row {
    /// The link for this row: SHA-256 of the previous link and of every field, each prefixed with
    /// its length, so that two different rows never hash the same bytes.
    fn link(&self, before: &[u8]) -> Vec<u8> {
        let json = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        let fields = [
            self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            self.id.to_string(),
            self.event.to_string(),
            self.account_id.map(|id| id.to_string()).unwrap_or_default(),
            self.actor.clone(),
            self.act.clone(),
            self.object_kind.clone(),
            self.object_id.clone(),
            self.object_label.clone(),
            json(&self.before),
            json(&self.after),
            self.request_id.clone(),
            self.address.clone(),
        ];
        let mut hasher = Sha256::new();
        hasher.update(before);
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hasher.finalize().to_vec()
    }
}

/// Appends links for rows that are final and not yet sealed, oldest first; returns how many. Does
/// nothing while another server is sealing.
pub async fn seal(tx: &mut Tx) -> Result<usize> {
    let network = tx.scope().network.0;
    let ours = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('seal' || $1::text, 0)) as "ours!""#,
        network.to_string(),
    )
    .fetch_one(tx.conn())
    .await?;
    if !ours {
        return Ok(0);
    }
    let head = sqlx::query!("select seq, hash, at from audit_chain order by seq desc limit 1")
        .fetch_optional(tx.conn())
        .await?;
    let (seq, mut hash, since) = match head {
        Some(head) => (head.seq, head.hash, Some(head.at)),
        None => (0, vec![], None),
    };
    // A transaction lasts seconds at most, so an unsealed row is never much older than the newest
    // sealed one; looking back one hour is enough.
    let rows = sqlx::query_as!(
        Row,
        "
        select at, id, event, account_id, actor, act, object_kind, object_id, object_label, before, after, request_id, address
        from audit
        where xid < pg_snapshot_xmin(pg_current_snapshot())
          and ($1::timestamptz is null or at > $1 - interval '1 hour')
          and not exists (select from audit_chain where audit_chain.audit_id = audit.id)
        order by at, id limit $2
        ",
        since,
        i64::try_from(LINKS_AT_ONCE).unwrap_or(i64::MAX),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut hashes = vec![];
    for row in &rows {
        hash = row.link(&hash);
        hashes.push(hash.clone());
    }
    let ats: Vec<DateTime<Utc>> = rows.iter().map(|row| row.at).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "
        insert into audit_chain (seq, at, audit_id, hash)
        select $1 + row.step, row.at, row.id, row.hash
        from unnest($2::timestamptz[], $3::uuid[], $4::bytea[]) with ordinality as row (at, id, hash, step)
        ",
        seq,
        &ats,
        &ids,
        &hashes,
    )
    .execute(tx.conn())
    .await?;
    Ok(rows.len())
}

/// The result of verifying the chain.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every link fits; `sealed` rows are in the chain, `unsealed` not yet.
    Whole { sealed: i64, unsealed: i64, head: String },
    /// The first link that does not match its row, or whose row is gone.
    Broken { seq: i64, audit_id: Uuid, why: &'static str },
}

/// Verifies the chain from its beginning.
pub async fn verify(tx: &mut Tx) -> Result<Verdict> {
    let (mut hash, mut seq) = (vec![], 0_i64);
    loop {
        let links = sqlx::query!(
            "select seq, at, audit_id, hash from audit_chain where seq > $1 order by seq limit 5000",
            seq,
        )
        .fetch_all(tx.conn())
        .await?;
        let Some(last) = links.last() else { break };
        let (first_at, last_at) =
            links.iter().fold((last.at, last.at), |(low, high), link| (low.min(link.at), high.max(link.at)));
        let ids: Vec<Uuid> = links.iter().map(|link| link.audit_id).collect();
        let rows = sqlx::query_as!(
            Row,
            "
            select at, id, event, account_id, actor, act, object_kind, object_id, object_label, before, after, request_id, address
            from audit where at between $1 and $2 and id = any($3)
            ",
            first_at,
            last_at,
            &ids,
        )
        .fetch_all(tx.conn())
        .await?;
        let rows: std::collections::HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
        for link in links {
            let broken = |why| Ok(Verdict::Broken { seq: link.seq, audit_id: link.audit_id, why });
            if link.seq != seq + 1 {
                return broken("a link before this one is missing");
            }
            let Some(row) = rows.get(&link.audit_id) else { return broken("its row is gone") };
            hash = row.link(&hash);
            if hash != link.hash {
                return broken("its row is not what was sealed");
            }
            seq = link.seq;
        }
    }
    let unsealed = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from audit
        where not exists (select from audit_chain where audit_chain.audit_id = audit.id)
        "#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Verdict::Whole { sealed: seq, unsealed, head: hex(&hash) })
}
