//! Statements behind plaques, result letters and the facts of the evaluation report.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::types::Json;

use crate::{
    db::{Tx, code_hash},
    kernel::{Day, Error, EvaluationId, Points, Result, RoundId, StationId},
};

/// Reasons for the scores, from the panel and the committee, by evaluation and line, without
/// names. The round's scores must be open.
pub async fn reasons(tx: &mut Tx, of: &[EvaluationId]) -> Result<BTreeMap<(EvaluationId, String), String>> {
    let ids: Vec<_> = of.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select evaluation_id as "id!: EvaluationId", code as "code!", string_agg(distinct words, '；' order by words) as "words!"
        from (
            select evaluation_id, code, reason as words from evaluation_scores where evaluation_id = any($1) and reason <> ''
            union all
            select evaluation_id, code, words from settlements where evaluation_id = any($1)
        ) as said
        group by evaluation_id, code
        "#,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| ((row.id, row.code), row.words)).collect())
}

/// A plaque, awarded or revoked.
#[derive(Clone, Debug)]
pub struct Plaque {
    pub evaluation: EvaluationId,
    pub station_name: String,
    pub division_name: String,
    pub number: String,
    pub grade: String,
    pub awarded_on: Day,
    pub valid_until: Option<Day>,
    pub revoked_on: Option<Day>,
    pub revoked_why: String,
}

impl Plaque {
    pub fn is_valid(&self, today: &Day) -> bool {
        self.revoked_on.is_none() && self.valid_until.is_none_or(|until| *today <= until)
    }
}

/// The plaques of a round by number, at most 3000.
pub async fn plaques(tx: &mut Tx, round: RoundId) -> Result<Vec<Plaque>> {
    let rows = sqlx::query_as!(
        Plaque,
        r#"
        select p.evaluation_id as "evaluation: EvaluationId", g.station_name, coalesce(d.name, '') as "division_name!", number, p.grade,
               awarded_on as "awarded_on: Day", valid_until as "valid_until: Day", revoked_on as "revoked_on: Day", revoked_why
        from plaques p
        join station_grades g on g.network_id = p.network_id and g.evaluation_id = p.evaluation_id
        left join stations s on s.network_id = p.network_id and s.id = p.station_id
        left join divisions d on d.network_id = s.network_id and d.code = s.division
        where p.round_id = $1 order by number limit 3000
        "#,
        round.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A plaque to be awarded.
#[derive(Clone, Debug, Serialize)]
pub struct NewPlaque {
    pub evaluation_id: EvaluationId,
    pub station_id: StationId,
    pub grade: String,
    pub number: String,
}

/// Awards plaques; a station that has one from this round keeps it. Returns the number awarded.
pub async fn award(tx: &mut Tx, round: RoundId, plaques: &[NewPlaque], days: (Day, Option<Day>)) -> Result<u64> {
    let by = tx.scope().actor.clone();
    let done = sqlx::query!(
        "
        insert into plaques (evaluation_id, round_id, station_id, number, grade, awarded_on, valid_until, awarded_by)
        select evaluation_id, $2, station_id, number, grade, $3, $4, $5
        from jsonb_to_recordset($1) as t (evaluation_id uuid, station_id uuid, number text, grade text)
        on conflict (network_id, evaluation_id) do nothing
        ",
        Json(plaques) as _,
        round.0,
        days.0.0,
        days.1.map(|day| day.0),
        by,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done)
}

/// Revokes a plaque, with a reason. Returns its number, or `None` if there is none to revoke.
pub async fn revoke(tx: &mut Tx, of: EvaluationId, why: &str) -> Result<Option<String>> {
    let today = tx.today();
    let number = sqlx::query_scalar!(
        "
        update plaques set revoked_on = $2, revoked_why = $3 where evaluation_id = $1 and revoked_on is null
        returning number
        ",
        of.0,
        today.0,
        why,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(number)
}

/// A result letter.
#[derive(Clone, Debug)]
pub struct Letter {
    pub evaluation: EvaluationId,
    pub number: String,
    pub issued_on: Day,
    pub issued_by: String,
}

/// The letters of a round, or one of them.
pub async fn letters(tx: &mut Tx, round: RoundId, one: Option<EvaluationId>) -> Result<Vec<Letter>> {
    let rows = sqlx::query_as!(
        Letter,
        r#"
        select evaluation_id as "evaluation: EvaluationId", number, issued_on as "issued_on: Day", issued_by
        from result_letters where round_id = $1 and ($2::uuid is null or evaluation_id = $2) order by number limit 3000
        "#,
        round.0,
        one.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The verification code of a letter.
pub fn code(tx: &Tx, of: EvaluationId) -> Result<String> {
    tx.code("result_letters.hash", &of.to_string())
}

/// Issues letters with their numbers; a station that has one keeps it. A number already used
/// in another round is a problem at `prefix`.
pub async fn issue(tx: &mut Tx, round: RoundId, letters: &[(EvaluationId, StationId, String)]) -> Result<u64> {
    let (today, by) = (tx.today(), tx.scope().actor.clone());
    let ids: Vec<_> = letters.iter().map(|(id, ..)| id.0).collect();
    let stations: Vec<_> = letters.iter().map(|(_, station, _)| station.0).collect();
    let numbers: Vec<_> = letters.iter().map(|(.., number)| number.clone()).collect();
    let hashes = letters.iter().map(|(id, ..)| Ok(code_hash(&code(tx, *id)?))).collect::<Result<Vec<_>>>()?;
    let taken = sqlx::query_scalar!(
        r#"select exists (select from result_letters where number = any($1)) as "taken!""#,
        &numbers
    )
    .fetch_one(tx.conn())
    .await?;
    if taken {
        return Err(Error::at("prefix", "这个文号已经用过，请换一个前缀。"));
    }
    let done = sqlx::query!(
        "
        insert into result_letters (evaluation_id, round_id, station_id, number, hash, issued_on, issued_by)
        select evaluation_id, $1, station_id, number, hash, $2, $3
        from unnest($4::uuid[], $5::uuid[], $6::text[], $7::bytea[]) as t (evaluation_id, station_id, number, hash)
        on conflict (network_id, evaluation_id) do nothing
        ",
        round.0,
        today.0,
        by,
        &ids,
        &stations,
        &numbers,
        &hashes,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done)
}

/// The facts a letter's code proves.
#[derive(Clone, Debug)]
pub struct Proved {
    pub number: String,
    pub issued_on: Day,
    pub station_name: String,
    pub round_name: String,
    pub year: i16,
    pub grade: String,
    pub total: Option<Points>,
}

/// Looks up a typed code.
pub async fn prove(tx: &mut Tx, typed: &str) -> Result<Option<Proved>> {
    let proved = sqlx::query_as!(
        Proved,
        r#"
        select number, issued_on as "issued_on: Day", station_name, round_name, year, grade, total as "total: Points"
        from result_letters l
        join station_grades g on g.network_id = l.network_id and g.evaluation_id = l.evaluation_id
        where hash = $1
        "#,
        &code_hash(typed),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(proved)
}

/// Figures of a round for its report besides the results: appeals and those upheld, orders
/// and those closed, plaques, evaluators with a seat, excluded stations.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub appeals: i64,
    pub upheld: i64,
    pub orders: i64,
    pub closed: i64,
    pub plaques: i64,
    pub evaluators: i64,
    pub excluded: i64,
}

pub async fn facts(tx: &mut Tx, round: RoundId) -> Result<Facts> {
    let facts = sqlx::query_as!(
        Facts,
        r#"
        select (select count(*) from appeals a join evaluations e on e.network_id = a.network_id and e.id = a.evaluation_id
                where e.round_id = $1) as "appeals!",
               (select count(*) from appeals a join evaluations e on e.network_id = a.network_id and e.id = a.evaluation_id
                where e.round_id = $1 and a.state = 'upheld') as "upheld!",
               (select count(*) from rectification_orders o join evaluations e
                    on e.network_id = o.network_id and e.id = o.evaluation_id
                where e.round_id = $1 and o.position <> 'withdrawn') as "orders!",
               (select count(*) from rectification_orders o join evaluations e
                    on e.network_id = o.network_id and e.id = o.evaluation_id
                where e.round_id = $1 and o.position = 'closed') as "closed!",
               (select count(*) from plaques where round_id = $1 and revoked_on is null) as "plaques!",
               (select count(distinct account_id) from panel_seats where round_id = $1) as "evaluators!",
               (select count(*) from evaluations where round_id = $1 and position = 'excluded') as "excluded!"
        "#,
        round.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(facts)
}
