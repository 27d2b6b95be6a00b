//! Statements behind a report's steps: taking one, and the history.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::Report;
use crate::{
    db::{Entry, Tx},
    features::reporting::reports::model::{Content, Desk, Field, Move, Position, ReturnReason, Route, Step, TEXTS},
    kernel::{Error, Result},
};

/// Details of a step.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub reason: Option<ReturnReason>,
    pub words: String,
    pub cells: Vec<Field>,
    /// Taken by a higher desk because this one is vacant.
    pub in_place: bool,
    /// Number of unusual cells in a submission.
    pub odd: usize,
}

/// Name of a step in the audit trail.
fn deed(act: Step, next: &Position) -> &'static str {
    match act {
        Step::Submit => "提交月报",
        Step::Withdraw => "撤回月报",
        Step::Pass if *next == Position::Approved => "审定月报",
        Step::Pass => "审核通过月报",
        Step::Return => "退回月报",
        Step::Ask => "申请更正月报",
        Step::Consent => "同意更正月报",
        Step::Refuse => "不同意更正月报",
        Step::Abandon => "放弃更正月报",
    }
}

/// Moves a report one step, with everything that depends on it in one statement, and writes the
/// audit row. `report` must be as loaded: if somebody moved it first, nothing is changed.
/// `content`: what is submitted. Returns the new position.
pub async fn step(
    tx: &mut Tx,
    report: &mut Report,
    route: Route,
    wanted: &Move,
    content: &Content,
    said: &Said,
) -> Result<()> {
    let next = report.position.after(route, wanted)?;
    let (now, account, actor) = (tx.now(), tx.scope().account.map(|id| id.0), tx.scope().actor.clone());
    let seq = report.last_seq.unwrap_or(0) + 1;
    let act = wanted.step();
    let receipt = format!("YB{:04}{:02}-{}-{seq}", report.month.year(), report.month.number(), report.station_code);
    let na: Vec<i16> = content.na.iter().copied().collect();
    let cells: Vec<String> = said.cells.iter().map(|field| field.name()).collect();
    let moved = sqlx::query_scalar!(
        r#"
        with moved as (
            update reports set position = $5, last_seq = $6, route = $7, version = version + 1,
                vals = case $8 when 'submit' then $9 when 'abandon' then approved_vals else vals end,
                na = case $8 when 'submit' then $10 when 'abandon' then approved_na else na end,
                parts = case $8 when 'submit' then $11 when 'abandon' then approved_parts else parts end,
                unread = case $8 when 'abandon' then '{}'::jsonb else unread end,
                texts = case $8 when 'abandon' then approved_texts else texts end,
                odd = case $8 when 'submit' then $12::smallint else odd end,
                submitted_at = case when $8 = 'submit' then coalesce(submitted_at, $13)
                    when $8 = 'withdraw' and $5 = 'draft' then null else submitted_at end,
                on_time = case when $8 = 'submit' then coalesce(on_time, $14)
                    when $8 = 'withdraw' and $5 = 'draft' then null else on_time end,
                submitted_seq = case when $8 = 'submit' then $6
                    when $8 = 'withdraw' and $5 = 'draft' then null else submitted_seq end,
                submitted_by = case when $8 = 'submit' then $15::uuid else submitted_by end,
                submitter = case when $8 = 'submit' then $16 else submitter end,
                receipt = case when $8 = 'submit' then $17 else receipt end,
                approved_at = case when $8 = 'pass' and $5 = 'approved' then $13 else approved_at end,
                approved_seq = case when $8 = 'pass' and $5 = 'approved' then submitted_seq else approved_seq end,
                approved_vals = case when $8 = 'pass' and $5 = 'approved' then vals else approved_vals end,
                approved_na = case when $8 = 'pass' and $5 = 'approved' then na else approved_na end,
                approved_parts = case when $8 = 'pass' and $5 = 'approved' then parts else approved_parts end,
                approved_texts = case when $8 = 'pass' and $5 = 'approved' then texts else approved_texts end,
                edition = case when $8 = 'pass' and $5 = 'approved' then edition + 1 else edition end
            where station_id = $1 and month = $2 and version = $3 and position = $4
            returning station_id, month, division, division_then, submitted_by, vals, na, parts, texts, notes
        ), stepped as (
            insert into report_steps (station_id, month, seq, division, route, act, from_position, to_position, seq_before,
                account_id, actor, author_id, desk, in_place, reason, words, cells, at)
            select station_id, month, $6, division, $7, $8, $4, $5, nullif($6 - 1, 0), $15, $16,
                   case when $8 = 'submit' then null else submitted_by end, $18, $19, $20, $21, $22, $13
            from moved
        ), kept as (
            insert into report_rounds (station_id, month, seq, division, vals, na, parts, texts, notes)
            select station_id, month, $6, division, vals, na, parts, texts, notes from moved where $8 = 'submit'
        ), marked as (
            insert into report_marks (id, month, division)
            select $23, month, division_then from moved
            where $8 in ('submit', 'withdraw') or $5 = 'approved'
        )
        select count(*) as "count!" from moved
        "#,
        report.station.0,
        report.month.first().0,
        report.version,
        report.position.to_string(),
        next.to_string(),
        seq,
        route.as_str(),
        act.as_str(),
        &content.vals as &[Option<i64>],
        &na,
        &content.parts as &[Option<i64>],
        i16::try_from(said.odd).unwrap_or(i16::MAX),
        now,
        report.timing.is_in_time(now),
        account,
        actor,
        receipt,
        report.position.desk().map(Desk::as_str),
        said.in_place,
        said.reason.map_or("", ReturnReason::as_str),
        said.words,
        &cells,
        Uuid::now_v7(),
    )
    .fetch_one(tx.conn())
    .await?;
    if moved != 1 {
        return Err(Error::refused("刚才有人动过这份月报，您的操作没有执行。请刷新后再看。"));
    }
    tx.leaves_work();
    let entry = Entry::new(deed(act, &next), "report", format!("{}/{}", report.station, report.month), report.label());
    let before = json!({ "state": report.position.state().label() });
    let after = json!({
        "state": next.state().label(), "seq": seq, "reason": said.reason.map(ReturnReason::label), "words": said.words,
        "cells": cells, "in_place": said.in_place,
    });
    tx.record(entry.before(before).after(after)).await?;
    report.position = next;
    report.last_seq = Some(seq);
    report.version += 1;
    report.route = route;
    Ok(())
}

/// A step in the report's history.
#[derive(Clone, Debug)]
pub struct StepRow {
    pub seq: i32,
    pub act: Step,
    pub from: Position,
    pub to: Position,
    pub actor: String,
    pub in_place: bool,
    pub reason: Option<ReturnReason>,
    pub words: String,
    pub cells: Vec<Field>,
    pub at: DateTime<Utc>,
}

impl StepRow {
    /// Display text of the step.
    pub fn label(&self) -> String {
        let by_hand = if self.in_place { "（代审）" } else { "" };
        match (self.act, &self.to) {
            (Step::Pass, Position::Approved) => format!("审定{by_hand}"),
            (Step::Pass, _) => {
                let desk = self.from.desk().map_or("", Desk::label);
                format!("{desk}通过{by_hand}")
            }
            (Step::Return, Position::At(desk, _)) => format!("退回{}", desk.label()),
            (Step::Return, _) => format!("退回填报人{by_hand}"),
            (Step::Submit, _) if matches!(self.from, Position::Returned(_)) => "改好后再次提交".to_owned(),
            (act, _) => act.label().to_owned(),
        }
    }
}

/// All steps of a report, oldest first.
pub async fn steps(tx: &mut Tx, report: &Report) -> Result<Vec<StepRow>> {
    let rows = sqlx::query!(
        r#"
        select seq, act as "act: Step", from_position, to_position, actor, in_place, reason, words, cells, at
        from report_steps where station_id = $1 and month = $2 order by seq limit 500
        "#,
        report.station.0,
        report.month.first().0,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let position = |text: &str| Position::parse(text).ok_or_else(|| Error::bug(format!("position {text}")));
            Ok(StepRow {
                seq: row.seq,
                act: row.act,
                from: position(&row.from_position)?,
                to: position(&row.to_position)?,
                actor: row.actor,
                in_place: row.in_place,
                reason: ReturnReason::parse(&row.reason),
                words: row.words,
                cells: row.cells.iter().filter_map(|name| Field::parse(name)).collect(),
                at: row.at,
            })
        })
        .collect()
}

/// The content of a report at a submission.
#[derive(Clone, Debug)]
pub struct Round(pub Content);

/// The submission before the one of step `seq`, if any.
pub async fn round_before(tx: &mut Tx, report: &Report, seq: i32) -> Result<Option<Round>> {
    let row = sqlx::query!(
        r#"
        select vals as "vals!: Vec<Option<i64>>", na, parts as "parts!: Vec<Option<i64>>",
               texts as "texts!: Json<BTreeMap<String, String>>", notes as "notes!: Json<BTreeMap<String, String>>"
        from report_rounds where station_id = $1 and month = $2 and seq < $3 order by seq desc limit 1
        "#,
        report.station.0,
        report.month.first().0,
        seq,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let mut content = Content {
            vals: row.vals,
            na: row.na.into_iter().collect(),
            parts: row.parts,
            texts: row.texts.0,
            notes: row.notes.0,
            ..Content::default()
        };
        content.texts.retain(|key, _| TEXTS.iter().any(|(known, ..)| known == key));
        Round(content)
    }))
}
