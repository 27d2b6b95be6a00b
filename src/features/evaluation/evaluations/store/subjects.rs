//! Statements behind the stations of a round and the steps of each evaluation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    features::{
        evaluation::evaluations::model::{Round, State, Step, peers},
        places::stations::StationLevel,
    },
    kernel::{Day, DivisionCode, Error, EvaluationId, Listed, Paging, Result, RoundId, StationId},
};

/// A station's evaluation.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub id: EvaluationId,
    pub round: RoundId,
    pub station: StationId,
    pub station_name: String,
    pub division: DivisionCode,
    pub division_name: String,
    pub peers: String,
    pub state: State,
    pub last_seq: Option<i32>,
    pub self_until: Day,
    pub extended_why: String,
    pub summary: String,
    pub submitted_at: Option<DateTime<Utc>>,
    pub submitted_by: String,
    pub visit_on: Option<Day>,
    pub visit_note: String,
    pub version: i32,
}

impl Evaluation {
    pub fn path(&self) -> String {
        format!("/evaluations/{}", self.id)
    }
}

/// Loads an evaluation within reach.
pub async fn find(tx: &mut Tx, id: EvaluationId) -> Result<Evaluation> {
    let evaluation = sqlx::query_as!(
        Evaluation,
        r#"
        select e.id as "id: EvaluationId", round_id as "round: RoundId", station_id as "station: StationId",
               stations.name as station_name, e.division as "division: DivisionCode", divisions.name as division_name,
               peers, position as "state: State", last_seq, self_until as "self_until: Day", extended_why, summary,
               submitted_at, submitted_by, visit_on as "visit_on: Day", visit_note, e.version
        from evaluations e
        join stations on stations.network_id = e.network_id and stations.id = station_id
        join divisions on divisions.network_id = e.network_id and divisions.code = e.division
        where e.id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(evaluation)
}

/// All evaluations of a round within reach, at most 3000.
pub async fn subjects(tx: &mut Tx, round: RoundId) -> Result<Vec<Evaluation>> {
    let evaluations = sqlx::query_as!(
        Evaluation,
        r#"
        select e.id as "id: EvaluationId", round_id as "round: RoundId", station_id as "station: StationId",
               stations.name as station_name, e.division as "division: DivisionCode", divisions.name as division_name,
               peers, position as "state: State", last_seq, self_until as "self_until: Day", extended_why, summary,
               submitted_at, submitted_by, visit_on as "visit_on: Day", visit_note, e.version
        from evaluations e
        join stations on stations.network_id = e.network_id and stations.id = station_id
        join divisions on divisions.network_id = e.network_id and divisions.code = e.division
        where round_id = $1 order by e.division, stations.name limit 3000
        "#,
        round.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(evaluations)
}

/// Filter of a round's list of evaluations.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub state: String,
}

/// An evaluation in the list of its round.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: EvaluationId,
    pub station_name: String,
    pub division_name: String,
    pub peers: String,
    pub state: State,
    pub self_until: Day,
    pub visit_on: Option<Day>,
    pub seats: i64,
    pub seats_done: i64,
    pub answered: i64,
}

pub async fn rows(tx: &mut Tx, round: RoundId, filter: &Filter, paging: Paging) -> Result<Listed<Row>> {
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from evaluations e
        join stations on stations.network_id = e.network_id and stations.id = station_id
        where round_id = $1 and ($2 = '' or strpos(stations.search, $2) > 0) and ($3 = '' or position = $3)
        "#,
        round.0,
        filter.q.trim().to_lowercase(),
        filter.state,
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = some(tx, round, filter, (paging.size(), paging.offset())).await?;
    Ok(Listed { rows, total, paging })
}

/// Maximum number of stations in one export of a round.
const MOST: i64 = 3000;

/// All rows that match the filter, for an export.
pub async fn progress(tx: &mut Tx, round: RoundId, filter: &Filter) -> Result<Vec<Row>> {
    some(tx, round, filter, (MOST, 0)).await
}

async fn some(tx: &mut Tx, round: RoundId, filter: &Filter, (limit, offset): (i64, i64)) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select e.id as "id: EvaluationId", stations.name as station_name,
               divisions.name as division_name, peers, position as "state: State", self_until as "self_until: Day",
               visit_on as "visit_on: Day", seats.seats as "seats!", seats.done as "seats_done!",
               (select count(*) from self_scores s
                join rubric_lines l on l.network_id = s.network_id and l.rubric_id = s.rubric_id and l.code = s.code
                where s.network_id = e.network_id and s.evaluation_id = e.id and s.points is not null
                  and l.kind in ('scored', 'bonus')) as "answered!"
        from evaluations e
        join stations on stations.network_id = e.network_id and stations.id = station_id
        join divisions on divisions.network_id = e.network_id and divisions.code = e.division
        cross join lateral (
            select count(*) as seats, count(submitted_at) as done from panel_seats p
            where p.network_id = e.network_id and p.evaluation_id = e.id
        ) as seats
        where round_id = $1 and ($2 = '' or strpos(stations.search, $2) > 0) and ($3 = '' or position = $3)
        order by e.division, stations.name limit $4 offset $5
        "#,
        round.0,
        filter.q.trim().to_lowercase(),
        filter.state,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The evaluations of a station, newest round first: year, round name, evaluation, state.
pub async fn of_station(tx: &mut Tx, station: StationId) -> Result<Vec<(i16, String, EvaluationId, State)>> {
    let rows = sqlx::query!(
        r#"
        select year, name, e.id as "id: EvaluationId", position as "state: State"
        from evaluations e join evaluation_rounds r on r.network_id = e.network_id and r.id = round_id
        where station_id = $1 order by year desc, r.created_at desc limit 50
        "#,
        station.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.year, row.name, row.id, row.state)).collect())
}

/// Adds the operating stations of these levels in the round's place to a round that is not
/// open yet; stations already in it stay. Returns the number added.
pub async fn invite(tx: &mut Tx, round: &Round, levels: &[StationLevel]) -> Result<u64> {
    let words: Vec<String> = levels.iter().map(|level| level.as_str().to_owned()).collect();
    let stations = sqlx::query!(
        r#"
        select id as "id: StationId", division as "division: DivisionCode", level as "level: StationLevel",
               (is_provincial_pilot or is_governance_pilot) as "is_pilot!"
        from stations
        where division >= $1 and division < $2 and level = any($3) and state = 'operating'
          and not exists (
              select from evaluations e where e.network_id = stations.network_id and e.round_id = $4 and e.station_id = stations.id)
        order by division, id limit 3000
        "#,
        round.division.as_str(),
        round.division.end(),
        &words,
        round.id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<_> = stations.iter().map(|_| EvaluationId::new().0).collect();
    let of: Vec<_> = stations.iter().map(|row| row.id.0).collect();
    let divisions: Vec<_> = stations.iter().map(|row| row.division.to_string()).collect();
    let peers: Vec<_> = stations.iter().map(|row| peers(row.level, &row.division, row.is_pilot)).collect();
    let came = sqlx::query!(
        "
        insert into evaluations (id, round_id, station_id, division, peers, self_until)
        select id, $1, station_id, division, peers, $2
        from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) as t (id, station_id, division, peers)
        ",
        round.id.0,
        round.self_until.0,
        &ids,
        &of,
        &divisions,
        &peers,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(came)
}

/// Removes a station from a round that is not open yet.
pub async fn uninvite(tx: &mut Tx, id: EvaluationId) -> Result<bool> {
    let gone = sqlx::query!("delete from evaluations where id = $1 and last_seq is null", id.0)
        .execute(tx.conn())
        .await?
        .rows_affected();
    Ok(gone == 1)
}

/// Moves an evaluation one step; refuses if somebody moved it first. The caller writes the
/// audit row.
pub async fn step(tx: &mut Tx, evaluation: &mut Evaluation, step: Step, words: &str) -> Result<()> {
    let next = evaluation.state.after(step)?;
    let done = step_all(tx, &[(evaluation.id, evaluation.last_seq)], (evaluation.state, next, step), words).await?;
    if done != 1 {
        return Err(Error::refused("刚才有人动过这个站点的评估，您的操作没有执行。请刷新后再看。"));
    }
    evaluation.state = next;
    evaluation.last_seq = Some(evaluation.last_seq.unwrap_or(0) + 1);
    Ok(())
}

/// Moves several evaluations by the same step; returns the number moved.
pub async fn step_all(
    tx: &mut Tx,
    of: &[(EvaluationId, Option<i32>)],
    (from, to, step): (State, State, Step),
    words: &str,
) -> Result<i64> {
    let (now, account, actor) = (tx.now(), tx.scope().account.map(|id| id.0), tx.scope().actor.clone());
    let ids: Vec<_> = of.iter().map(|(id, _)| id.0).collect();
    let seqs: Vec<_> = of.iter().map(|(_, seq)| seq.unwrap_or(0) + 1).collect();
    let submits = (step == Step::Submit).then_some(now);
    let moved = sqlx::query_scalar!(
        r#"
        with moved as (
            update evaluations e set position = $4, last_seq = t.seq, version = version + 1,
                submitted_at = coalesce($9, submitted_at),
                submitted_by = case when $9::timestamptz is null then submitted_by else $7 end
            from unnest($1::uuid[], $2::integer[]) as t (id, seq)
            where e.id = t.id and e.position = $3 and coalesce(e.last_seq, 0) = t.seq - 1
            returning e.id, station_id, division, t.seq
        ), stepped as (
            insert into evaluation_steps (evaluation_id, station_id, division, seq, act, from_position, to_position,
                seq_before, words, account_id, actor, at)
            select id, station_id, division, seq, $5, $3, $4, nullif(seq - 1, 0), $8, $6, $7, $10 from moved
        )
        select count(*) as "count!" from moved
        "#,
        &ids,
        &seqs,
        from.as_str(),
        to.as_str(),
        step.as_str(),
        account,
        actor,
        words,
        submits,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(moved)
}

/// A step in an evaluation's history.
#[derive(Clone, Debug)]
pub struct StepRow {
    pub act: Step,
    pub words: String,
    pub actor: String,
    pub at: DateTime<Utc>,
}

pub async fn steps(tx: &mut Tx, id: EvaluationId) -> Result<Vec<StepRow>> {
    let steps = sqlx::query_as!(
        StepRow,
        r#"select act as "act: Step", words, actor, at from evaluation_steps where evaluation_id = $1 order by seq"#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(steps)
}

/// Extends a station's deadline for self-scoring.
pub async fn extend(tx: &mut Tx, id: EvaluationId, until: Day, why: &str) -> Result<bool> {
    let done = sqlx::query!(
        "
        update evaluations set self_until = $2, extended_why = $3, version = version + 1
        where id = $1 and position in ('scheduled', 'self_scoring')
        ",
        id.0,
        until.0,
        why,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}

/// Sets the day of the panel's visit.
pub async fn set_visit(tx: &mut Tx, id: EvaluationId, on: Option<Day>, note: &str) -> Result<()> {
    sqlx::query!(
        "update evaluations set visit_on = $2, visit_note = $3, version = version + 1 where id = $1",
        id.0,
        on.map(|day| day.0),
        note,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
