//! Statements behind the results of a round, in two editions: first and final.

use sqlx::types::Json;

use crate::{
    db::Tx,
    features::evaluation::{evaluations::Evaluation, scoring::model::Outcome},
    kernel::{DivisionCode, Error, EvaluationId, Points, Result, RoundId, StationId},
};
/// A result to be saved.
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

/// Saves the results of an edition; replaces unreleased ones.
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

/// Deletes an unreleased result.
pub async fn drop_result(tx: &mut Tx, id: EvaluationId) -> Result<()> {
    sqlx::query!("delete from evaluation_results where evaluation_id = $1 and not is_released", id.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A visible result.
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
    /// The values before appeals, if an appeal changed them.
    pub first_total: Option<Points>,
    pub first_grade: Option<String>,
}

/// The visible results of a round, the final edition where there is one; best first among
/// peers. At most 3000.
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

/// A station's released grade in one round; the list of them is newest first.
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

/// The value of a line in the visible result of an evaluation.
pub async fn value_of(tx: &mut Tx, of: &Evaluation, code: &str) -> Result<Points> {
    let results = results(tx, of.round, Some(of.id)).await?;
    let line = results.first().and_then(|result| result.outcome.line(code)).map(|line| line.value);
    line.ok_or(Error::NotFound)
}
