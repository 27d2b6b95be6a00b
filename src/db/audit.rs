use serde_json::Value;
use uuid::Uuid;

use super::Tx;
use crate::kernel::Result;

/// What was done to one object: a row of the audit trail.
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
    /// `act` in words (「新建站点」), the object by its kind, id and name.
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

/// The writes that leave no audit row. There are no others: [`Tx::commit`] refuses
/// to, and a test reads this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// A session was seen again.
    SessionSeen,
    /// A table was read in and waits for its sender's word.
    ImportRead,
    /// A monthly report was saved while its author fills it in; what is submitted is on
    /// record with its step.
    DraftSaved,
    /// Somebody noted what they have read.
    ReadNoted,
    /// Figures were computed from what is on record.
    FiguresComputed,
    /// Links were laid in the audit chain itself.
    ChainLaid,
    /// What is past its time was swept away: old form keys, unconfirmed tables.
    Swept,
    /// A try at a password was counted before it is judged; how it ended is on record.
    TryCounted,
    /// A job was taken, put back or done; what it did for somebody is on record where
    /// that somebody asked for it.
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
    /// Writes a row of the audit trail, in this transaction; rows of one
    /// transaction share its event.
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

    /// Rows of one act over many objects, in one statement: (id, label, after).
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
