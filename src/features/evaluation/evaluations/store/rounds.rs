//! Statements behind evaluation rounds: list, create, change, and the stamps of each stage.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::{
    db::{AtField, Tx},
    features::evaluation::evaluations::model::{Band, Combination, Plan, Round},
    kernel::{Day, DivisionCode, Error, Listed, Paging, Result, RoundId, RubricId},
};

/// Filter of the list of rounds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct YearFilter {
    pub year: String,
}

/// A round in a list, with the number of stations within reach at each stage.
#[derive(Clone, Debug)]
pub struct RoundRow {
    pub round: Round,
    pub stations: i64,
    pub submitted: i64,
    pub scored: i64,
}

/// Builds a `Round` from a row of either query.
macro_rules! round_of {
    ($row:expr) => {
        Round {
            id: $row.id,
            division: $row.division,
            division_name: $row.division_name,
            year: $row.year,
            name: $row.name,
            rubric: $row.rubric,
            self_until: $row.self_until,
            onsite_from: $row.onsite_from,
            onsite_until: $row.onsite_until,
            notice_days: $row.notice_days,
            appeal_days: $row.appeal_days,
            ends_on: $row.ends_on,
            scorers: $row.scorers,
            needs_finance: $row.needs_finance,
            combination: $row.combination,
            spread_bp: $row.spread_bp,
            weights: [$row.weight_clients, $row.weight_purchasers, $row.weight_executors],
            holds: ($row.holds_payment, $row.holds_renewal),
            bands: $row.bands.0,
            opened_at: $row.opened_at,
            seed: $row.seed,
            released_at: $row.released_at,
            released_by: $row.released_by,
            notice_until: $row.notice_until,
            appeal_until: $row.appeal_until,
            heard_at: $row.heard_at,
            finalized_at: $row.finalized_at,
            archived_at: $row.archived_at,
            version: $row.version,
        }
    };
}

/// Rounds that concern the visitor's reach, newest first: those of the visitor's own place,
/// and those of a place within or above it that include stations within reach.
pub async fn page(tx: &mut Tx, year: Option<i16>, paging: Paging) -> Result<Listed<RoundRow>> {
    let reach = tx.scope().reach.clone();
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from evaluation_rounds r
        where ($1::smallint is null or year = $1)
          and ($4 and division >= $2 and division < $3 or exists (
              select from evaluations e where e.network_id = r.network_id and e.round_id = r.id))
        "#,
        year,
        reach.division.as_str(),
        reach.division.end(),
        reach.stations.is_none(),
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = sqlx::query!(
        r#"
        select r.id as "id: RoundId", division as "division: DivisionCode", divisions.name as division_name, year, r.name,
               rubric_id as "rubric: RubricId", self_until as "self_until: Day", onsite_from as "onsite_from: Day",
               onsite_until as "onsite_until: Day", notice_days, appeal_days, ends_on as "ends_on: Day", scorers,
               needs_finance, combination as "combination: Combination", spread_bp, weight_clients,
               weight_purchasers, weight_executors, holds_payment, holds_renewal, bands as "bands: Json<Vec<Band>>",
               opened_at, seed, released_at, released_by, notice_until as "notice_until: Day",
               appeal_until as "appeal_until: Day", heard_at, finalized_at, archived_at, version,
               counted.stations as "stations!", counted.submitted as "submitted!", counted.scored as "scored!"
        from evaluation_rounds r
        join divisions on divisions.network_id = r.network_id and divisions.code = division
        cross join lateral (
            select count(*) as stations,
                   count(*) filter (where position not in ('scheduled', 'self_scoring', 'excluded')) as submitted,
                   count(*) filter (where position not in
                       ('scheduled', 'self_scoring', 'submitted', 'on_site', 'excluded')) as scored
            from evaluations e where e.network_id = r.network_id and e.round_id = r.id
        ) as counted
        where ($1::smallint is null or year = $1)
          and ($4 and division >= $2 and division < $3 or counted.stations > 0)
        order by year desc, created_at desc limit $5 offset $6
        "#,
        year,
        reach.division.as_str(),
        reach.division.end(),
        reach.stations.is_none(),
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows
        .into_iter()
        .map(|row| RoundRow {
            stations: row.stations,
            submitted: row.submitted,
            scored: row.scored,
            round: round_of!(row),
        })
        .collect();
    Ok(Listed { rows, total, paging })
}

/// Loads a round; everybody in the network may see it.
pub async fn find_round(tx: &mut Tx, id: RoundId) -> Result<Round> {
    let row = sqlx::query!(
        r#"
        select r.id as "id: RoundId", division as "division: DivisionCode", divisions.name as division_name, year, r.name,
               rubric_id as "rubric: RubricId", self_until as "self_until: Day", onsite_from as "onsite_from: Day",
               onsite_until as "onsite_until: Day", notice_days, appeal_days, ends_on as "ends_on: Day", scorers,
               needs_finance, combination as "combination: Combination", spread_bp, weight_clients,
               weight_purchasers, weight_executors, holds_payment, holds_renewal, bands as "bands: Json<Vec<Band>>",
               opened_at, seed, released_at, released_by, notice_until as "notice_until: Day",
               appeal_until as "appeal_until: Day", heard_at, finalized_at, archived_at, version
        from evaluation_rounds r join divisions on divisions.network_id = r.network_id and divisions.code = division
        where id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(round_of!(row))
}

const CONSTRAINTS: [(&str, &str, &str); 1] =
    [("evaluation_rounds_name_once", "name", "这一年已经有同名的评估轮次，请换一个名称。")];

pub async fn add(tx: &mut Tx, id: RoundId, place: &DivisionCode, rubric: RubricId, plan: &Plan) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into evaluation_rounds (id, division, year, name, rubric_id, self_until, onsite_from, onsite_until,
            notice_days, appeal_days, ends_on, scorers, needs_finance, combination, spread_bp, bands, created_by, created_at,
            weight_clients, weight_purchasers, weight_executors, holds_payment, holds_renewal)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
        ",
        id.0,
        place.as_str(),
        plan.year,
        plan.name,
        rubric.0,
        plan.self_until.0,
        plan.onsite_from.0,
        plan.onsite_until.0,
        plan.notice_days,
        plan.appeal_days,
        plan.ends_on.0,
        plan.scorers,
        plan.needs_finance,
        plan.combination.as_str(),
        plan.spread_bp,
        Json(&plan.bands) as _,
        by,
        now,
        plan.weights[0],
        plan.weights[1],
        plan.weights[2],
        plan.holds.0,
        plan.holds.1,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    Ok(())
}

const MOVED: &str = "刚才有人改过这个轮次，没有保存。请刷新后再改。";

/// Changes a round before its release; the rubric changes only before the round opens.
pub async fn change(tx: &mut Tx, round: &Round, version: i32, rubric: RubricId, plan: &Plan) -> Result<()> {
    let mut point = tx.savepoint().await?;
    let done = sqlx::query!(
        "
        update evaluation_rounds set year = $3, name = $4, rubric_id = case when opened_at is null then $5 else rubric_id end,
            self_until = $6, onsite_from = $7, onsite_until = $8, notice_days = $9, appeal_days = $10, ends_on = $11,
            scorers = $12, needs_finance = $13, combination = $14, spread_bp = $15, bands = $16,
            weight_clients = $17, weight_purchasers = $18, weight_executors = $19, holds_payment = $20,
            holds_renewal = $21, version = version + 1
        where id = $1 and version = $2 and released_at is null
        ",
        round.id.0,
        version,
        plan.year,
        plan.name,
        rubric.0,
        plan.self_until.0,
        plan.onsite_from.0,
        plan.onsite_until.0,
        plan.notice_days,
        plan.appeal_days,
        plan.ends_on.0,
        plan.scorers,
        plan.needs_finance,
        plan.combination.as_str(),
        plan.spread_bp,
        Json(&plan.bands) as _,
        plan.weights[0],
        plan.weights[1],
        plan.weights[2],
        plan.holds.0,
        plan.holds.1,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if done != 1 {
        return Err(Error::refused(MOVED));
    }
    // Stations without an extension of their own follow the round's new date.
    sqlx::query!(
        "
        update evaluations set self_until = $2, version = version + 1
        where round_id = $1 and extended_why = '' and position in ('scheduled', 'self_scoring')
        ",
        round.id.0,
        plan.self_until.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a round that is not open yet, with its list of stations.
pub async fn remove(tx: &mut Tx, round: &Round) -> Result<()> {
    sqlx::query!("delete from evaluations where round_id = $1", round.id.0).execute(tx.conn()).await?;
    let done = sqlx::query!("delete from evaluation_rounds where id = $1 and opened_at is null", round.id.0)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if done == 1 { Ok(()) } else { Err(Error::refused(MOVED)) }
}

/// True if any station of the round is moderated; the way of scoring is fixed from then on.
pub async fn has_moderated(tx: &mut Tx, round: RoundId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from evaluations where round_id = $1 and position = 'moderated') as "found!""#,
        round.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// A milestone in the life of a round.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    Opened,
    Released { notice_until: Day, appeal_until: Day },
    Heard,
    Finalized,
    Archived,
}

/// Stamps a milestone on a round; refuses if somebody changed the round first.
pub async fn mark(tx: &mut Tx, round: &Round, mark: Mark) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let at = |wanted: bool| wanted.then_some(now);
    let (notice, appeal): (Option<Day>, Option<Day>) = match mark {
        Mark::Released { notice_until, appeal_until } => (Some(notice_until), Some(appeal_until)),
        _ => (None, None),
    };
    let released: Option<DateTime<Utc>> = at(notice.is_some());
    let done = sqlx::query!(
        "
        update evaluation_rounds set opened_at = coalesce(opened_at, $3), released_at = coalesce(released_at, $4),
            released_by = coalesce(released_by, case when $4::timestamptz is not null then $5 end),
            notice_until = coalesce(notice_until, $6), appeal_until = coalesce(appeal_until, $7),
            heard_at = coalesce(heard_at, $8), finalized_at = coalesce(finalized_at, $9),
            archived_at = coalesce(archived_at, $10), version = version + 1
        where id = $1 and version = $2
        ",
        round.id.0,
        round.version,
        at(matches!(mark, Mark::Opened)),
        released,
        by,
        notice.map(|day| day.0),
        appeal.map(|day| day.0),
        at(matches!(mark, Mark::Heard)),
        at(matches!(mark, Mark::Finalized)),
        at(matches!(mark, Mark::Archived)),
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if done == 1 { Ok(()) } else { Err(Error::refused(MOVED)) }
}

/// Saves the seed used to draw the panels of a round.
pub async fn keep_seed(tx: &mut Tx, round: &Round, seed: &str) -> Result<()> {
    let done = sqlx::query!(
        "update evaluation_rounds set seed = $3, version = version + 1 where id = $1 and version = $2",
        round.id.0,
        round.version,
        seed,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if done == 1 { Ok(()) } else { Err(Error::refused(MOVED)) }
}
