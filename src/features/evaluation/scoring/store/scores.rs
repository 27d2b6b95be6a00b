//! Statements behind the scores of panel members and the settlements of the committee.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    db::Tx,
    features::evaluation::{
        evaluations::{Evaluation, State},
        rubrics::Answer,
        scoring::model::Column,
    },
    kernel::{AccountId, Day, EvaluationId, Points, Result, RoundId, RubricId},
};

/// A panel member's score at a line.
#[derive(Clone, Debug, Deserialize)]
pub struct Given {
    pub account_id: AccountId,
    pub code: String,
    pub answer: Answer,
    pub points: Points,
    pub reason: String,
    pub version: i32,
}

/// The visible scores of an evaluation, by account and line.
pub async fn given(tx: &mut Tx, id: EvaluationId) -> Result<Vec<Given>> {
    let rows = sqlx::query_scalar!(
        r#"
        select coalesce(jsonb_agg(to_jsonb(s) order by account_id, code), '[]') as "rows!: Json<Vec<Given>>"
        from evaluation_scores s where evaluation_id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(rows.0)
}

/// A score to be saved.
#[derive(Clone, Debug)]
pub struct NewScore {
    pub code: String,
    pub answer: Answer,
    pub points: Points,
    pub reason: String,
    /// The version shown on the form; 0 for a new score.
    pub version: i32,
    /// The key of the submission.
    pub key: Uuid,
    /// Keys of earlier submissions from the same device that this one corrects; the device
    /// doesn't know whether they arrived.
    pub corrects: Vec<Uuid>,
}

/// Saves one member's scores at several lines. Returns the lines not saved because the same
/// person changed them elsewhere in the meantime. Repeating a key writes nothing and is no
/// conflict; nor is a submission that corrects that key.
pub async fn put_scores(
    tx: &mut Tx,
    rubric: RubricId,
    of: &Evaluation,
    account: AccountId,
    scores: &[NewScore],
) -> Result<Vec<String>> {
    let now = tx.now();
    let rows: Vec<_> = scores
        .iter()
        .map(|score| {
            serde_json::json!({
                "code": score.code, "answer": score.answer, "points": score.points, "reason": score.reason,
                "version": score.version, "key": score.key, "corrects": score.corrects,
            })
        })
        .collect();
    let stale = sqlx::query_scalar!(
        r#"
        with sent as (
            select * from jsonb_to_recordset($1) as t (code text, answer jsonb, points bigint, reason text, version integer, key uuid, corrects jsonb)
        ), written as (
            insert into evaluation_scores as s (evaluation_id, account_id, code, round_id, station_id, division, rubric_id,
                answer, points, reason, key, changed_at)
            select $2, $3, code, $4, $5, $6, $7, answer, points, reason, key, $8 from sent
            on conflict (network_id, evaluation_id, account_id, code) do update set answer = excluded.answer,
                points = excluded.points, reason = excluded.reason, key = excluded.key, changed_at = excluded.changed_at,
                version = s.version + 1
            where s.key <> excluded.key
              and exists (select from sent where sent.code = s.code and (sent.version = s.version or sent.corrects ? s.key::text))
            returning code
        )
        select sent.code as "code!" from sent
        where code not in (select code from written)
          and not exists (
              select from evaluation_scores s
              where s.evaluation_id = $2 and s.account_id = $3 and s.code = sent.code and s.key = sent.key)
        "#,
        Json(rows) as _,
        of.id.0,
        account.0,
        of.round.0,
        of.station.0,
        of.division.as_str(),
        rubric.0,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(stale)
}

/// A station for which an evaluator has a seat.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub id: EvaluationId,
    pub round_name: String,
    pub station_name: String,
    pub division_name: String,
    pub address: String,
    pub phone: String,
    pub state: State,
    pub visit_on: Option<Day>,
    pub visit_note: String,
    pub submitted_at: Option<DateTime<Utc>>,
    pub given: i64,
}

/// The stations for which an account has a seat, by day of visit, at most 500.
pub async fn assigned(tx: &mut Tx, account: AccountId) -> Result<Vec<Assigned>> {
    let rows = sqlx::query_as!(
        Assigned,
        r#"
        select e.id as "id: EvaluationId", r.name as round_name, s.name as station_name,
               d.name as division_name, address, phone, position as "state: State", visit_on as "visit_on: Day", visit_note,
               p.submitted_at,
               (select count(*) from evaluation_scores x where x.network_id = e.network_id and x.evaluation_id = e.id
                  and x.account_id = $1) as "given!"
        from panel_seats p
        join evaluations e on e.network_id = p.network_id and e.id = p.evaluation_id
        join evaluation_rounds r on r.network_id = e.network_id and r.id = e.round_id
        join stations s on s.network_id = e.network_id and s.id = e.station_id
        join divisions d on d.network_id = e.network_id and d.code = e.division
        where p.account_id = $1 and r.archived_at is null
        order by position <> 'on_site', p.submitted_at is not null, visit_on nulls last, s.name limit 500
        "#,
        account.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The committee's value at a line.
#[derive(Clone, Debug)]
pub struct Settled {
    pub code: String,
    pub points: Points,
    pub words: String,
    pub settled_by: String,
}

pub async fn settled(tx: &mut Tx, id: EvaluationId) -> Result<Vec<Settled>> {
    let rows = sqlx::query_as!(
        Settled,
        r#"select code, points as "points: Points", words, settled_by from settlements where evaluation_id = $1"#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Settles a line, or changes its settlement.
pub async fn settle(tx: &mut Tx, of: &Evaluation, code: &str, points: Points, words: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into settlements (evaluation_id, code, round_id, station_id, division, points, words, settled_by, settled_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (network_id, evaluation_id, code) do update set points = $6, words = $7, settled_by = $8, settled_at = $9
        ",
        of.id.0,
        code,
        of.round.0,
        of.station.0,
        of.division.as_str(),
        points.0,
        words,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the settlement of a line.
pub async fn unsettle(tx: &mut Tx, id: EvaluationId, code: &str) -> Result<bool> {
    let gone = sqlx::query!("delete from settlements where evaluation_id = $1 and code = $2", id.0, code)
        .execute(tx.conn())
        .await?
        .rows_affected();
    Ok(gone == 1)
}

/// All scores, settlements and appeals at each line of each evaluation of a round, with
/// scorers in the order of their account ids; of one evaluation if `one` is given.
pub async fn columns(
    tx: &mut Tx,
    round: RoundId,
    one: Option<EvaluationId>,
) -> Result<HashMap<EvaluationId, BTreeMap<String, Column>>> {
    let rows = sqlx::query!(
        r#"
        select evaluation_id as "id!: EvaluationId", code as "code!", coalesce(scorers, '{}') as "scorers!: Vec<Points>",
               committee as "committee: Points", appeal as "appeal: Points"
        from (
            select evaluation_id, code, array_agg(points order by account_id) as scorers
            from evaluation_scores where round_id = $1 and ($2::uuid is null or evaluation_id = $2)
            group by evaluation_id, code
        ) as scores
        full join (
            select evaluation_id, code, points as committee from settlements
            where round_id = $1 and ($2::uuid is null or evaluation_id = $2)
        ) as settled using (evaluation_id, code)
        full join (
            select a.evaluation_id, a.code, a.after as appeal
            from appeals a join evaluations e on e.network_id = a.network_id and e.id = a.evaluation_id
            where e.round_id = $1 and ($2::uuid is null or a.evaluation_id = $2) and a.state = 'upheld'
        ) as upheld using (evaluation_id, code)
        "#,
        round.0,
        one.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    let mut columns: HashMap<EvaluationId, BTreeMap<String, Column>> = HashMap::new();
    for row in rows {
        let column = Column { scorers: row.scorers, committee: row.committee, appeal: row.appeal };
        columns.entry(row.id).or_default().insert(row.code, column);
    }
    Ok(columns)
}
