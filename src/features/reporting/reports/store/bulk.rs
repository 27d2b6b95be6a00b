//! Statements on many reports: those a month expects, and those imported with their history.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    db::{Entry, Tx},
    features::{
        ground::calendar,
        places::stations::StationLevel,
        reporting::reports::model::{Content, Route, Step},
    },
    kernel::{AccountId, Day, DivisionCode, Month, Result, StationId},
};

/// Name of the daily job that freezes what an ended month expects.
pub const OPEN: &str = "reports.open";

/// Freezes the ended months after the newest frozen one: on the first run only last month, and
/// never more than two years back.
pub async fn open_months(tx: &mut Tx) -> Result<()> {
    let last = tx.today().month().plus(-1);
    let newest = sqlx::query_scalar!(r#"select max(month) as "month: Day" from report_months"#)
        .fetch_one(tx.conn())
        .await?
        .map(Day::month);
    let mut month = newest.map_or(last, |newest| newest.plus(1)).max(last.plus(-24));
    while month <= last {
        freeze(tx, month).await?;
        month = month.plus(1);
    }
    Ok(())
}

/// Freezes the reports a month expects: one for every station that ran on any day of it, with its
/// level and division of that time. Later changes to a station have no effect. Returns their
/// number; 0 if the month was frozen before.
pub async fn freeze(tx: &mut Tx, month: Month) -> Result<u64> {
    let due_on = calendar::due_on(tx, month).await?;
    let now = tx.now();
    let first = sqlx::query!(
        "insert into report_months (month, due_on, frozen_at) values ($1, $2, $3) on conflict do nothing",
        month.first().0,
        due_on.0,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if first == 0 {
        return Ok(0);
    }
    // City by city: all stations of the country at once would exceed the statement timeout.
    let cities = sqlx::query_scalar!(r#"select distinct left(division, 4) as "city!" from station_periods order by 1"#)
        .fetch_all(tx.conn())
        .await?;
    let mut expected = 0;
    for city in cities {
        expected += expect_in(tx, month, &city).await?;
    }
    sqlx::query!(
        "
        insert into report_marks (id, month, division)
        select gen_random_uuid(), $1::date, division_then
        from (select distinct division_then from reports where month = $1 and expected) as places
        ",
        month.first().0,
    )
    .execute(tx.conn())
    .await?;
    tx.leaves_work();
    let after = json!({ "expected": expected, "due_on": due_on });
    tx.record(Entry::new("开始报送月报", "month", month, month.label()).after(after)).await?;
    Ok(expected)
}

/// Inserts the expected reports of stations that are in this city now.
async fn expect_in(tx: &mut Tx, month: Month, city: &str) -> Result<u64> {
    let now = tx.now();
    let entered = sqlx::query!(
        "
        insert into reports (station_id, month, division, division_then, level, route, expected, saved_at, saved_by)
        select distinct on (station_id) station_id, $1::date, division, division_then, level,
               case level when 'village' then 'room' when 'township' then 'station' else 'general' end, true, $3, ''
        from station_periods
        where state = 'operating' and since <= $2 and (until is null or until >= $1)
          and (division >= $4 and division < $4 || '~' and length($4) = 4 or division = $4)
        order by station_id, since desc
        on conflict (network_id, station_id, month) do update set expected = true
        ",
        month.first().0,
        month.last().0,
        now,
        city,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(entered)
}

/// A step of a report imported with its history.
#[derive(Clone, Debug)]
pub struct PastStep {
    pub act: Step,
    pub from: String,
    pub to: String,
    pub account: Option<AccountId>,
    pub actor: String,
    pub author: Option<AccountId>,
    pub desk: Option<&'static str>,
    pub reason: &'static str,
    pub words: String,
    pub cells: Vec<String>,
    pub at: DateTime<Utc>,
}

/// A report imported with its history; its month must be frozen already.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub station: StationId,
    pub station_code: String,
    pub month: Month,
    pub division: DivisionCode,
    pub level: StationLevel,
    pub content: Content,
    pub filled: i16,
    pub asked: i16,
    pub odd: i16,
    pub on_time: bool,
    pub steps: Vec<PastStep>,
    pub submitter: String,
}

fn array(values: &[Option<i64>]) -> String {
    let words: Vec<String> = values.iter().map(|v| v.map_or("null".to_owned(), |v| v.to_string())).collect();
    format!("{{{}}}", words.join(","))
}

/// Inserts reports with their steps in one statement; each must exist as an untouched draft. The
/// steps pass the same checks as any others.
pub async fn record_many(tx: &mut Tx, recorded: &[Recorded]) -> Result<()> {
    let rows: Vec<_> = recorded
        .iter()
        .map(|report| {
            let submits: Vec<usize> =
                (0..report.steps.len()).filter(|at| report.steps[*at].act == Step::Submit).collect();
            let approved = report.steps.iter().rposition(|step| step.to == "approved" && step.act == Step::Pass);
            let submitted_before = |at: usize| submits.iter().rev().find(|submit| **submit < at).map(|at| at + 1);
            let first = submits.first().map(|at| &report.steps[*at]);
            let last = submits.last();
            let steps: Vec<_> = report
                .steps
                .iter()
                .map(|step| {
                    json!({
                        "act": step.act.as_str(), "from": step.from, "to": step.to,
                        "account": step.account, "actor": step.actor, "author": step.author, "desk": step.desk,
                        "reason": step.reason, "words": step.words, "cells": step.cells, "at": step.at,
                    })
                })
                .collect();
            let vals = array(&report.content.vals);
            json!({
                "station": report.station, "month": report.month.first(), "division": report.division.as_str(),
                "position": report.steps.last().map_or("draft", |step| step.to.as_str()),
                "route": Route::of(report.level, false).as_str(), "last_seq": report.steps.len(), "vals": vals,
                "na": format!("{{{}}}", report.content.na.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
                "parts": array(&report.content.parts), "texts": report.content.texts, "notes": report.content.notes,
                "filled": report.filled, "asked": report.asked, "odd": report.odd,
                "submitted_at": first.map(|step| step.at), "on_time": first.map(|_| report.on_time),
                "submitted_seq": last.map(|at| at + 1), "submitted_by": first.and_then(|step| step.account),
                "submitter": report.submitter,
                "receipt": last.map_or(String::new(), |at| format!(
                    "YB{:04}{:02}-{}-{}", report.month.year(), report.month.number(), report.station_code, at + 1)),
                "approved_at": approved.map(|at| report.steps[at].at), "approved_seq": approved.and_then(submitted_before),
                "edition": report.steps.iter().filter(|step| step.to == "approved" && step.act == Step::Pass).count(),
                "steps": steps, "submits": submits.iter().map(|at| at + 1).collect::<Vec<_>>(),
            })
        })
        .collect();
    sqlx::query!(
        r#"
        with given as (
            select * from jsonb_to_recordset($1) as given (station uuid, month date, division text, position text, route text,
                last_seq integer, vals text, na text, parts text, texts jsonb, notes jsonb, filled smallint, asked smallint,
                odd smallint, submitted_at timestamptz, on_time boolean, submitted_seq integer, submitted_by uuid,
                submitter text, receipt text, approved_at timestamptz, approved_seq integer, edition integer, steps jsonb,
                submits jsonb)
        ), moved as (
            update reports set position = given.position, last_seq = nullif(given.last_seq, 0), vals = given.vals::bigint[],
                na = given.na::smallint[], parts = given.parts::bigint[], texts = given.texts, notes = given.notes,
                filled = given.filled, asked = given.asked, odd = given.odd, submitted_at = given.submitted_at,
                on_time = given.on_time, submitted_seq = given.submitted_seq, submitted_by = given.submitted_by,
                submitter = given.submitter, receipt = given.receipt, approved_at = given.approved_at,
                approved_seq = given.approved_seq,
                approved_vals = case when given.approved_at is not null then given.vals::bigint[] end,
                approved_na = case when given.approved_at is not null then given.na::smallint[] end,
                approved_parts = case when given.approved_at is not null then given.parts::bigint[] end,
                approved_texts = case when given.approved_at is not null then given.texts end,
                edition = given.edition, saved_at = coalesce(given.submitted_at, saved_at), saved_by = given.submitter
            from given
            where reports.station_id = given.station and reports.month = given.month and reports.position = 'draft'
              and reports.last_seq is null
            returning reports.station_id, reports.month
        ), stepped as (
            insert into report_steps (station_id, month, seq, division, route, act, from_position, to_position, seq_before,
                account_id, actor, author_id, desk, reason, words, cells, at)
            select given.station, given.month, step.seq, given.division, given.route, step.step ->> 'act',
                   step.step ->> 'from', step.step ->> 'to', nullif(step.seq - 1, 0), (step.step ->> 'account')::uuid,
                   step.step ->> 'actor', (step.step ->> 'author')::uuid, step.step ->> 'desk', step.step ->> 'reason',
                   step.step ->> 'words',
                   array(select jsonb_array_elements_text(step.step -> 'cells')), (step.step ->> 'at')::timestamptz
            from given
            join moved on moved.station_id = given.station and moved.month = given.month
            cross join lateral (
                select item as step, nr::integer as seq from jsonb_array_elements(given.steps) with ordinality as s (item, nr)
            ) as step
        )
        insert into report_rounds (station_id, month, seq, division, vals, na, parts, texts, notes)
        select given.station, given.month, seq::integer, given.division, given.vals::bigint[], given.na::smallint[],
               given.parts::bigint[], given.texts, given.notes
        from given
        join moved on moved.station_id = given.station and moved.month = given.month
        cross join lateral jsonb_array_elements_text(given.submits) as seq
        "#,
        serde_json::Value::Array(rows),
    )
    .execute(tx.conn())
    .await?;
    mark_all(tx).await
}

/// Marks every month of every place to be recomputed.
async fn mark_all(tx: &mut Tx) -> Result<()> {
    sqlx::query!(
        "
        insert into report_marks (id, month, division)
        select gen_random_uuid(), month, division_then
        from (select distinct month, division_then from reports) as places
        ",
    )
    .execute(tx.conn())
    .await?;
    tx.leaves_work();
    Ok(())
}
