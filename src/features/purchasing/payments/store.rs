//! Statements behind the instalments of a contract, their steps and their sources.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::types::Json;

use super::model::{PayMove, PayState, Settled};
use crate::{
    db::{Entry, Tx},
    features::purchasing::projects::{Project, Trigger},
    kernel::{Day, Error, FileId, ProjectId, Result, yuan},
};

/// An instalment with its current state. Amounts in fen.
#[derive(Clone, Debug, Deserialize)]
pub struct Pay {
    pub seq: i16,
    pub name: String,
    pub amount: i64,
    pub share_bp: Option<i32>,
    pub trigger: Trigger,
    pub due_on: Option<Day>,
    pub state: PayState,
    pub invoice: String,
    pub file_id: Option<FileId>,
    pub requested_on: Option<Day>,
    pub settled_on: Option<Day>,
    pub paid: i64,
    pub deduction: i64,
    pub deduction_why: String,
    pub voucher: String,
}

impl Pay {
    /// `30%`, if it was agreed as a share.
    pub fn share(&self) -> String {
        self.share_bp.map(|bp| format!("{}，", crate::kernel::exact_percent(bp))).unwrap_or_default()
    }

    /// The due date or condition as text.
    pub fn when(&self) -> String {
        match self.due_on {
            Some(day) if self.trigger == Trigger::Date => format!("{day} 付"),
            Some(day) => format!("{}，约定 {day}", self.trigger.label()),
            None => self.trigger.label().to_owned(),
        }
    }
}

/// The instalments of an open project.
pub async fn pays(tx: &mut Tx, project: ProjectId) -> Result<Vec<Pay>> {
    let pays = sqlx::query_as!(
        Pay,
        r#"
        select seq, name, amount, share_bp, trigger as "trigger: Trigger", due_on as "due_on: Day",
               state as "state: PayState", invoice, file_id as "file_id: FileId", requested_on as "requested_on: Day",
               settled_on as "settled_on: Day", paid, deduction, deduction_why, voucher
        from instalments where project_id = $1 order by seq
        "#,
        project.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(pays)
}

/// The instalments, their steps, and the sources of each payment.
#[derive(Debug)]
pub struct History {
    pub pays: Vec<Pay>,
    pub steps: Vec<PayStep>,
    /// Instalment, source, fen.
    pub parts: Vec<(i16, i16, i64)>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PayStep {
    pub seq: i16,
    pub act: PayMove,
    pub words: String,
    pub actor: String,
    pub at: DateTime<Utc>,
}

pub async fn history(tx: &mut Tx, project: ProjectId) -> Result<History> {
    let row = sqlx::query!(
        r#"
        select (select coalesce(jsonb_agg(to_jsonb(i) order by seq), '[]') from instalments i
                where project_id = $1) as "pays!: Json<Vec<Pay>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by id), '[]') from instalment_steps t
                where project_id = $1) as "steps!: Json<Vec<PayStep>>",
               (select coalesce(jsonb_agg(jsonb_build_array(seq, source_seq, amount) order by seq, source_seq), '[]')
                from instalment_sources where project_id = $1) as "parts!: Json<Vec<(i16, i16, i64)>>"
        "#,
        project.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(History { pays: row.pays.0, steps: row.steps.0, parts: row.parts.0 })
}

async fn note(tx: &mut Tx, project: &Project, pay: &Pay, wanted: PayMove, words: &str) -> Result<()> {
    let (now, actor) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into instalment_steps (project_id, division, id, seq, act, words, actor, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        ",
        project.id.0,
        project.division.as_str(),
        uuid::Uuid::now_v7(),
        pay.seq,
        wanted.as_str(),
        words,
        actor,
        now,
    )
    .execute(tx.conn())
    .await?;
    let entry = Entry::new("办理项目付款", "project", project.id, &project.name);
    let entry = entry.before(json!({ "instalment": pay.name, "state": pay.state.label() }));
    tx.record(entry.after(json!({ "step": wanted.label(), "amount": yuan(pay.amount), "words": words }))).await
}

const MOVED: &str = "刚才有人动过这一期付款，您的操作没有执行。请刷新后再看。";

/// Details that accompany a move without payment.
#[derive(Clone, Debug, Default)]
pub struct With<'a> {
    pub words: &'a str,
    pub invoice: &'a str,
    pub file: Option<FileId>,
    /// The evaluation that was passed.
    pub appraisal: Option<i16>,
}

/// Requests, returns or approves an instalment, and leaves its audit row.
pub async fn act(tx: &mut Tx, project: &Project, pay: &Pay, wanted: PayMove, with: &With<'_>) -> Result<()> {
    let next = pay.state.after(wanted)?;
    let (today, actor) = (tx.today(), tx.scope().actor.clone());
    let moved = sqlx::query!(
        "
        update instalments set state = $4,
            invoice = case $5 when 'request' then $6 else invoice end,
            file_id = case $5 when 'request' then $7::uuid else file_id end,
            requested_on = case $5 when 'request' then $8::date when 'return' then null else requested_on end,
            requested_by = case $5 when 'request' then $9 when 'return' then null else requested_by end,
            approved_on = case $5 when 'approve' then $8::date else approved_on end,
            approved_by = case $5 when 'approve' then $9 else approved_by end,
            appraisal_seq = case $5 when 'approve' then $10::smallint else appraisal_seq end
        where project_id = $1 and seq = $2 and state = $3
        ",
        project.id.0,
        pay.seq,
        pay.state.as_str(),
        next.as_str(),
        wanted.as_str(),
        with.invoice,
        with.file.map(|id| id.0),
        today.0,
        actor,
        with.appraisal,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if moved != 1 {
        return Err(Error::refused(MOVED));
    }
    note(tx, project, pay, wanted, with.words).await
}

/// A payment, or the decision to withhold it.
#[derive(Debug)]
pub enum Payout<'a> {
    Paid(&'a Settled),
    Withheld { why: &'a str },
}

/// Settles an instalment: the amounts paid by source, and the deduction with its reason. The caller
/// must have locked the project ([`crate::features::purchasing::projects::take`]).
pub async fn settle(tx: &mut Tx, project: &Project, pay: &Pay, payout: &Payout<'_>) -> Result<()> {
    let (today, actor) = (tx.today(), tx.scope().actor.clone());
    let nothing = BTreeMap::new();
    let (wanted, day, paid, why, voucher, parts) = match payout {
        Payout::Paid(settled) => (
            PayMove::Pay,
            settled.paid_on,
            pay.amount - settled.deduction,
            settled.why.as_str(),
            settled.voucher.as_str(),
            &settled.parts,
        ),
        Payout::Withheld { why } => (PayMove::Withhold, today, 0, *why, "", &nothing),
    };
    let next = pay.state.after(wanted)?;
    let deduction = pay.amount - paid;
    let (sources, amounts): (Vec<i16>, Vec<i64>) = parts.iter().map(|(seq, amount)| (*seq, *amount)).unzip();
    let moved = sqlx::query_scalar!(
        r#"
        with settled as (
            update instalments set state = $4, paid = $5, deduction = $6, deduction_why = $7, voucher = $8,
                settled_on = $9, settled_by = $10
            where project_id = $1 and seq = $2 and state = $3
            returning project_id, division, seq
        ), summed as (
            update projects set paid = paid + $5, withheld = withheld + $6
            where id in (select project_id from settled)
        ), taken as (
            insert into instalment_sources (project_id, division, seq, source_seq, amount)
            select project_id, division, seq, source, amount
            from settled, unnest($11::smallint[], $12::bigint[]) as t (source, amount)
            returning source_seq, amount
        ), drawn as (
            update project_sources set paid = project_sources.paid + taken.amount
            from taken where project_id = $1 and project_sources.seq = taken.source_seq
        )
        select count(*) as "count!" from settled
        "#,
        project.id.0,
        pay.seq,
        pay.state.as_str(),
        next.as_str(),
        paid,
        deduction,
        why,
        voucher,
        day.0,
        actor,
        &sources,
        &amounts,
    )
    .fetch_one(tx.conn())
    .await?;
    if moved != 1 {
        return Err(Error::refused(MOVED));
    }
    let words = match (payout, deduction) {
        (Payout::Withheld { why }, _) => (*why).to_owned(),
        (_, 0) => format!("付 {} 元，凭证 {voucher}", yuan(paid)),
        _ => format!("付 {} 元，扣减 {} 元：{why}，凭证 {voucher}", yuan(paid), yuan(deduction)),
    };
    note(tx, project, pay, wanted, &words).await
}
