//! Rows of the audit trail, and the few writes that leave none.

use serde_json::Value;
use uuid::Uuid;

use super::Tx;
use crate::kernel::Result;

/// A row of the audit trail: one act on one object.
#[derive(Debug)]
pub struct Entry {
    act: &'static str,
    kind: &'static str,
    id: String,
    label: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Entry {
    /// `act` is in words (「新建站点」); kind, id and name identify the object.
    pub fn new(act: &'static str, kind: &'static str, id: impl std::fmt::Display, label: impl Into<String>) -> Self {
        Self { act, kind, id: id.to_string(), label: label.into(), before: None, after: None }
    }

    #[must_use]
    pub fn before(mut self, before: impl serde::Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self
    }

    #[must_use]
    pub fn after(mut self, after: impl serde::Serialize) -> Self {
        self.after = serde_json::to_value(after).ok();
        self
    }
}

/// The only writes that leave no audit row: [`Tx::commit`] refuses any other, and a test counts
/// this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// A session's last-seen time moved on.
    SessionSeen,
    /// An imported table awaits its sender's confirmation.
    ImportRead,
    /// An author saved a monthly report in progress; the submission is audited.
    DraftSaved,
    /// A visitor marked something as read.
    ReadNoted,
    /// Figures were recomputed from existing records.
    FiguresComputed,
    /// Links were appended to the audit chain itself.
    ChainLaid,
    /// Expired data was deleted: old form keys, unconfirmed tables.
    Swept,
    /// A password attempt was counted before it was checked; its outcome is audited.
    TryCounted,
    /// A job was claimed, put back or finished; the request behind it is audited.
    JobMoved,
}

impl Silence {
    pub const ALL: [Self; 9] = [
        Self::SessionSeen,
        Self::ImportRead,
        Self::DraftSaved,
        Self::ReadNoted,
        Self::FiguresComputed,
        Self::ChainLaid,
        Self::Swept,
        Self::TryCounted,
        Self::JobMoved,
    ];
}

impl Tx {
    /// Writes a row of the audit trail in this transaction; all its rows share one event.
    pub async fn record(&mut self, entry: Entry) -> Result<()> {
        let scope = self.scope().clone();
        let (now, event) = (self.recorded_at(), self.event());
        sqlx::query!(
            "
            insert into audit (at, id, event, account_id, actor, act, object_kind, object_id, object_label,
                before, after, request_id, address)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ",
            now,
            Uuid::now_v7(),
            event,
            scope.account.map(|id| id.0),
            scope.actor,
            entry.act,
            entry.kind,
            entry.id,
            entry.label,
            entry.before,
            entry.after,
            scope.origin.request_id,
            scope.origin.address,
        )
        .execute(self.conn())
        .await?;
        self.recorded();
        Ok(())
    }

    /// Writes one row per object for one act, in one statement: (id, label, after).
    pub async fn record_all(
        &mut self,
        act: &'static str,
        kind: &'static str,
        objects: &[(String, String, Value)],
    ) -> Result<()> {
        let scope = self.scope().clone();
        let (now, event) = (self.recorded_at(), self.event());
        let ids: Vec<Uuid> = objects.iter().map(|_| Uuid::now_v7()).collect();
        let object_ids: Vec<String> = objects.iter().map(|(id, ..)| id.clone()).collect();
        let labels: Vec<String> = objects.iter().map(|(_, label, _)| label.clone()).collect();
        let afters: Vec<Value> = objects.iter().map(|(.., after)| after.clone()).collect();
        sqlx::query!(
            "
            insert into audit (at, id, event, account_id, actor, act, object_kind, object_id, object_label,
                after, request_id, address)
            select $1, row.id, $2, $3, $4, $5, $6, row.object_id, row.label, row.after, $7, $8
            from unnest($9::uuid[], $10::text[], $11::text[], $12::jsonb[]) as row (id, object_id, label, after)
            ",
            now,
            event,
            scope.account.map(|id| id.0),
            scope.actor,
            act,
            kind,
            scope.origin.request_id,
            scope.origin.address,
            &ids,
            &object_ids,
            &labels,
            &afters,
        )
        .execute(self.conn())
        .await?;
        self.recorded();
        Ok(())
    }
}
