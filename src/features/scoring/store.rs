//! Scores, settlements, results, appeals. Queries only; what they may see is opened by
//! [`Tx::lead_round`], [`Tx::open_released_round`] or [`Tx::open_scored`].

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{Column, Outcome};
use crate::{
    db::Tx,
    features::{
        evaluations::{Evaluation, State},
        rubrics::Answer,
    },
    kernel::{AccountId, Day, DivisionCode, Error, EvaluationId, FileId, Points, Result, RoundId, RubricId, StationId},
};

/// What a member of a panel gave at a line.
#[derive(Clone, Debug, Deserialize)]
pub struct Given {
    pub account_id: AccountId,
    pub code: String,
    pub answer: Answer,
    pub points: Points,
    pub reason: String,
    pub version: i32,
}

/// The scores of an evaluation that may be seen, by account and line.
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

/// A score to be put down.
#[derive(Clone, Debug)]
pub struct NewScore {
    pub code: String,
    pub answer: Answer,
    pub points: Points,
    pub reason: String,
    /// The version that was shown; 0: none was there.
    pub version: i32,
    /// Of the press that sends it.
    pub key: Uuid,
}

/// Puts down scores of one member at several lines. Answers the lines that were not written
/// because somebody, the same person elsewhere, wrote there since; what the same key wrote
/// before is not written again and is no conflict.
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
                "version": score.version, "key": score.key,
            })
        })
        .collect();
    let stale = sqlx::query_scalar!(
        r#"
        with sent as (
            select * from jsonb_to_recordset($1) as t (code text, answer jsonb, points bigint, reason text, version integer, key uuid)
        ), written as (
            insert into evaluation_scores as s (evaluation_id, account_id, code, round_id, station_id, division, rubric_id,
                answer, points, reason, key, changed_at)
            select $2, $3, code, $4, $5, $6, $7, answer, points, reason, key, $8 from sent
            on conflict (network_id, evaluation_id, account_id, code) do update set answer = excluded.answer,
                points = excluded.points, reason = excluded.reason, key = excluded.key, changed_at = excluded.changed_at,
                version = s.version + 1
            where s.key <> excluded.key
              and s.version = (select version from sent where sent.code = s.code)
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

/// A station that somebody is seated for.
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

/// The stations somebody is seated for, by day of visit: at most 500.
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

/// What the committee settled at a line.
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

/// Settles a line.
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

/// Takes back what was settled at a line.
pub async fn unsettle(tx: &mut Tx, id: EvaluationId, code: &str) -> Result<bool> {
    let gone = sqlx::query!("delete from settlements where evaluation_id = $1 and code = $2", id.0, code)
        .execute(tx.conn())
        .await?
        .rows_affected();
    Ok(gone == 1)
}

/// All that was given at each line of each evaluation of a round, scorers in the order of
/// their accounts; of one evaluation, if `one` says so.
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

/// A result to be kept.
#[derive(Clone, Debug)]
pub struct NewResult {
    pub of: EvaluationId,
    pub station: StationId,
    pub division: String,
    pub total: Option<Points>,
    pub grade: String,
    pub rank: Option<i32>,
    pub outcome: Outcome,
}

/// Keeps the results of an edition, over what was kept of it before it was released.
pub async fn keep_results(
    tx: &mut Tx,
    round: RoundId,
    (edition, is_released): (&str, bool),
    results: &[NewResult],
) -> Result<()> {
    let now = tx.now();
    let rows: Vec<_> = results
        .iter()
        .map(|result| {
            serde_json::json!({
                "id": result.of, "station_id": result.station, "division": result.division, "total": result.total,
                "grade": result.grade, "rank": result.rank, "outcome": result.outcome,
            })
        })
        .collect();
    sqlx::query!(
        "
        insert into evaluation_results as r (evaluation_id, edition, round_id, station_id, division, total, grade, rank,
            outcome, is_released, computed_at)
        select id, $1, $2, station_id, division, total, grade, rank, outcome, $3, $4
        from jsonb_to_recordset($5) as t (id uuid, station_id uuid, division text, total bigint, grade text, rank integer, outcome jsonb)
        on conflict (network_id, evaluation_id, edition) do update set total = excluded.total, grade = excluded.grade,
            rank = excluded.rank, outcome = excluded.outcome, is_released = excluded.is_released,
            computed_at = excluded.computed_at
        where not r.is_released
        ",
        edition,
        round.0,
        is_released,
        now,
        Json(rows) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes away a result that was not released.
pub async fn drop_result(tx: &mut Tx, id: EvaluationId) -> Result<()> {
    sqlx::query!("delete from evaluation_results where evaluation_id = $1 and not is_released", id.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A result that may be seen.
#[derive(Clone, Debug)]
pub struct ResultRow {
    pub evaluation: EvaluationId,
    pub division: DivisionCode,
    pub station_name: String,
    pub division_name: String,
    pub peers: String,
    pub is_final: bool,
    pub total: Option<Points>,
    pub grade: String,
    pub rank: Option<i32>,
    pub outcome: Json<Outcome>,
    /// What it was before appeals, where that was another.
    pub first_total: Option<Points>,
    pub first_grade: Option<String>,
}

/// The results of a round that may be seen, the final one of each where there is one; best
/// first among peers. At most 3000.
pub async fn results(tx: &mut Tx, round: RoundId, one: Option<EvaluationId>) -> Result<Vec<ResultRow>> {
    let rows = sqlx::query_as!(
        ResultRow,
        r#"
        select r.evaluation_id as "evaluation: EvaluationId", r.division as "division: DivisionCode", s.name as station_name,
               d.name as division_name, peers, r.edition = 'final' as "is_final!", r.total as "total: Points", r.grade, r.rank,
               r.outcome as "outcome: Json<Outcome>", f.total as "first_total?: Points", f.grade as "first_grade?"
        from evaluation_results r
        join evaluations e on e.network_id = r.network_id and e.id = r.evaluation_id
        join stations s on s.network_id = r.network_id and s.id = r.station_id
        join divisions d on d.network_id = r.network_id and d.code = r.division
        left join evaluation_results f on f.network_id = r.network_id and f.evaluation_id = r.evaluation_id
            and f.edition = 'first' and r.edition = 'final'
        where r.round_id = $1 and ($2::uuid is null or r.evaluation_id = $2)
          and (r.edition = 'final' or not exists (
              select from evaluation_results l where l.network_id = r.network_id and l.evaluation_id = r.evaluation_id
                and l.edition = 'final'))
        order by peers, r.rank nulls last, s.name limit 3000
        "#,
        round.0,
        one.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A station's grades over the years that were released, the last first: year, round,
/// evaluation, total, grade, rank, whether it is final.
#[derive(Clone, Debug)]
pub struct PastGrade {
    pub year: i16,
    pub name: String,
    pub evaluation: EvaluationId,
    pub total: Option<Points>,
    pub grade: String,
    pub rank: Option<i32>,
    pub is_final: bool,
}

pub async fn results_of_station(tx: &mut Tx, station: StationId) -> Result<Vec<PastGrade>> {
    let rows = sqlx::query_as!(
        PastGrade,
        r#"
        select distinct on (year, r.created_at, r.id) year, r.name, evaluation_id as "evaluation: EvaluationId",
               total as "total: Points", grade, rank, edition = 'final' as "is_final!"
        from evaluation_results x join evaluation_rounds r on r.network_id = x.network_id and r.id = round_id
        where x.station_id = $1 and is_released
        order by year desc, r.created_at desc, r.id, edition = 'first' limit 50
        "#,
        station.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// An appeal against a line.
#[derive(Clone, Debug)]
pub struct Appeal {
    pub code: String,
    pub words: String,
    pub file: Option<FileId>,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub state: String,
    pub before: Points,
    pub after: Option<Points>,
    pub answer: String,
    pub decided_by: Option<String>,
    pub scorers: Vec<AccountId>,
}

impl Appeal {
    pub fn is_open(&self) -> bool {
        self.state == "asked"
    }

    /// Its state in words and colour.
    pub fn label(&self) -> (&'static str, &'static str) {
        match self.state.as_str() {
            "asked" => ("待复核", "warn"),
            "upheld" => ("已更改", "ok"),
            _ => ("维持原分", "plain"),
        }
    }
}

pub async fn appeals(tx: &mut Tx, id: EvaluationId) -> Result<Vec<Appeal>> {
    let rows = sqlx::query_as!(
        Appeal,
        r#"
        select code, words, file_id as "file: FileId", asked_by, asked_at, state, before as "before: Points",
               after as "after: Points", answer, decided_by, scorers as "scorers: Vec<AccountId>"
        from appeals where evaluation_id = $1 order by asked_at, code
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// How many appeals of a round wait.
pub async fn open_appeals(tx: &mut Tx, round: RoundId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from appeals a
        join evaluations e on e.network_id = a.network_id and e.id = a.evaluation_id
        where e.round_id = $1 and a.state = 'asked'
        "#,
        round.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count)
}

/// Puts down an appeal; one for each line.
pub async fn appeal(
    tx: &mut Tx,
    of: &Evaluation,
    (code, before): (&str, Points),
    (words, file): (&str, Option<FileId>),
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let added = sqlx::query!(
        "
        insert into appeals (evaluation_id, code, station_id, division, words, file_id, asked_by, asked_at, before, scorers)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9,
               array(select account_id from panel_seats where evaluation_id = $1 order by account_id)
        on conflict do nothing
        ",
        of.id.0,
        code,
        of.station.0,
        of.division.as_str(),
        words,
        file.map(|id| id.0),
        by,
        now,
        before.0,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(Error::at("code", "这一项已经申请过复核，不能重复申请。")) }
}

/// Decides an appeal that waits; `after`: what the line has now, `None` where it stays.
pub async fn decide_appeal(
    tx: &mut Tx,
    id: EvaluationId,
    code: &str,
    (after, answer): (Option<Points>, &str),
) -> Result<bool> {
    let (now, by, account) = (tx.now(), tx.scope().actor.clone(), tx.scope().account);
    let state = if after.is_some() { "upheld" } else { "rejected" };
    let done = sqlx::query!(
        "
        update appeals set state = $3, after = $4, answer = $5, decided_by = $6, decider = $7, decided_at = $8
        where evaluation_id = $1 and code = $2 and state = 'asked'
        ",
        id.0,
        code,
        state,
        after.map(|points| points.0),
        answer,
        by,
        account.map(|id| id.0),
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// What a line of an evaluation came to, in the result that may be seen.
pub async fn value_of(tx: &mut Tx, of: &Evaluation, code: &str) -> Result<Points> {
    let results = results(tx, of.round, Some(of.id)).await?;
    let line = results.first().and_then(|result| result.outcome.line(code)).map(|line| line.value);
    line.ok_or(Error::NotFound)
}
