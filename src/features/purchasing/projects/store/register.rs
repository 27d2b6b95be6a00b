//! Statements behind the register of projects: filter, rows, totals.

use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    features::purchasing::projects::model::{Position, State},
    kernel::{AgencyId, Day, DivisionCode, Error, Listed, Paging, ProjectId, Result, StationId},
};

/// The register's filter as typed; a blank field does not filter.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub year: String,
    pub state: String,
    pub source: String,
    pub place: String,
    pub agency: String,
    pub station: String,
}

/// The filter in the form the statements take.
#[derive(Clone, Debug)]
pub struct Wanted {
    q: String,
    year: Option<i16>,
    state: String,
    source: String,
    place: Option<DivisionCode>,
    agency: Option<AgencyId>,
    station: Option<StationId>,
}

impl Filter {
    /// `place` is the division the typed name or code stands for.
    pub fn wanted(&self, place: Option<DivisionCode>) -> Wanted {
        Wanted {
            q: self.q.trim().to_lowercase(),
            year: self.year.parse().ok(),
            state: self.state.clone(),
            source: self.source.clone(),
            place,
            agency: self.agency.parse().ok(),
            station: self.station.parse().ok(),
        }
    }
}

/// A project in a list. Amounts in fen.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: ProjectId,
    pub number: String,
    pub name: String,
    pub year: i16,
    pub division: DivisionCode,
    pub division_name: String,
    pub agency_name: Option<String>,
    pub budget: i64,
    pub contract_sum: i64,
    pub paid: i64,
    pub withheld: i64,
    pub spent: i64,
    pub position: Position,
    pub contract_number: String,
    pub starts_on: Option<Day>,
    pub ends_on: Option<Day>,
    pub stations: i64,
}

impl Row {
    pub fn state(&self) -> State {
        self.position.state()
    }

    /// True if its term is over and it is not settled.
    pub fn is_overdue(&self, today: &Day) -> bool {
        self.ends_on.is_some_and(|day| day < *today)
            && (self.state().is_running() || matches!(self.position, Position::Suspended(_)))
    }
}

/// Totals over all pages. Amounts in fen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    pub count: i64,
    pub budget: i64,
    pub contracted: i64,
    pub paid: i64,
    pub withheld: i64,
    pub spent: i64,
}

impl Totals {
    pub fn outstanding(&self) -> i64 {
        self.contracted - self.paid - self.withheld
    }
}

pub async fn totals(tx: &mut Tx, wanted: &Wanted) -> Result<Totals> {
    let totals = sqlx::query_as!(
        Totals,
        r#"
        select count(*) as "count!", coalesce(sum(budget), 0)::bigint as "budget!",
               coalesce(sum(contract_sum) filter (where signed_on is not null
                   and state not in ('planned', 'filed', 'procuring')), 0)::bigint as "contracted!",
               coalesce(sum(paid), 0)::bigint as "paid!", coalesce(sum(withheld), 0)::bigint as "withheld!",
               coalesce(sum(spent), 0)::bigint as "spent!"
        from projects
        where ($1 = '' or strpos(search, $1) > 0) and ($2::smallint is null or year = $2) and ($3 = '' or state = $3)
          and ($4 = '' or $4 = any (source_kinds))
          and ($5::text is null or division >= $5 and division < $6 or $5 = any (townships))
          and ($7::uuid is null or agency_id = $7) and ($8::uuid is null or $8 = any (station_ids))
        "#,
        wanted.q,
        wanted.year,
        wanted.state,
        wanted.source,
        wanted.place.as_ref().map(DivisionCode::as_str),
        wanted.place.as_ref().map(DivisionCode::end),
        wanted.agency.map(|id| id.0),
        wanted.station.map(|id| id.0),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(totals)
}

/// Newest years first; by county and number within a year.
pub async fn rows(tx: &mut Tx, wanted: &Wanted, limit: i64, offset: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"
        select p.id as "id: ProjectId", number, p.name, year, division as "division: DivisionCode",
               division.name as division_name,
               (select name from agencies where agencies.network_id = p.network_id and agencies.id = agency_id) as agency_name,
               budget, case when state in ('planned', 'filed', 'procuring') then 0 else contract_sum end as "contract_sum!",
               paid, withheld, spent, position, contract_number, starts_on as "starts_on: Day", ends_on as "ends_on: Day",
               cardinality(station_ids)::bigint as "stations!"
        from projects p join divisions division on division.network_id = p.network_id and division.code = p.division
        where ($1 = '' or strpos(search, $1) > 0) and ($2::smallint is null or year = $2) and ($3 = '' or state = $3)
          and ($4 = '' or $4 = any (source_kinds))
          and ($5::text is null or division >= $5 and division < $6 or $5 = any (townships))
          and ($7::uuid is null or agency_id = $7) and ($8::uuid is null or $8 = any (station_ids))
        order by year desc, division, number limit $9 offset $10
        "#,
        wanted.q,
        wanted.year,
        wanted.state,
        wanted.source,
        wanted.place.as_ref().map(DivisionCode::as_str),
        wanted.place.as_ref().map(DivisionCode::end),
        wanted.agency.map(|id| id.0),
        wanted.station.map(|id| id.0),
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                id: row.id,
                number: row.number,
                name: row.name,
                year: row.year,
                division: row.division,
                division_name: row.division_name,
                agency_name: row.agency_name,
                budget: row.budget,
                contract_sum: row.contract_sum,
                paid: row.paid,
                withheld: row.withheld,
                spent: row.spent,
                position: Position::parse(&row.position).ok_or_else(|| Error::bug(row.position))?,
                contract_number: row.contract_number,
                starts_on: row.starts_on,
                ends_on: row.ends_on,
                stations: row.stations,
            })
        })
        .collect()
}

pub async fn page(tx: &mut Tx, wanted: &Wanted, paging: Paging) -> Result<(Listed<Row>, Totals)> {
    let totals = totals(tx, wanted).await?;
    let paging = paging.within(totals.count);
    let rows = rows(tx, wanted, paging.size(), paging.offset()).await?;
    Ok((Listed { rows, total: totals.count, paging }, totals))
}

/// The years that have projects, newest first.
pub async fn years(tx: &mut Tx) -> Result<Vec<i16>> {
    Ok(sqlx::query_scalar!("select distinct year from projects order by year desc").fetch_all(tx.conn()).await?)
}

/// Finds projects by their numbers.
pub async fn by_numbers(tx: &mut Tx, numbers: &[String]) -> Result<Vec<(String, ProjectId)>> {
    let rows = sqlx::query!(r#"select number, id as "id: ProjectId" from projects where number = any($1)"#, numbers)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.id)).collect())
}
