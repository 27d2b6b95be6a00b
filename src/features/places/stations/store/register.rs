//! Statements behind the register of stations: filters, orders and totals.

use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    features::places::stations::model::{
        BuildRoute, OperationMode, Position, Recognition, State, StationLevel, rung_name,
    },
    kernel::{Day, DivisionCode, Listed, Paging, Result, StationId, plain_digits},
};

/// A station in the register.
#[derive(Debug)]
pub struct Row {
    pub id: StationId,
    pub code: String,
    pub name: String,
    pub level: StationLevel,
    pub division: DivisionCode,
    pub division_name: String,
    pub state: State,
    pub opened_on: Option<Day>,
    pub operation_mode: OperationMode,
    pub agency_name: Option<String>,
    pub build_route: BuildRoute,
    pub is_provincial_pilot: bool,
    pub is_governance_pilot: bool,
    pub is_merged_area: bool,
    pub recognition: Recognition,
    pub address: String,
    pub longitude_e6: Option<i32>,
    pub latitude_e6: Option<i32>,
    pub phone: String,
    pub venue: String,
    pub area_m2: Option<i32>,
    pub readiness: i16,
    pub parent_code: Option<String>,
}

impl Row {
    /// Its rung on the readiness ladder, in words.
    pub fn rung(&self) -> &'static str {
        rung_name(self.readiness)
    }

    pub fn position(&self) -> Option<Position> {
        Some(Position { longitude_e6: self.longitude_e6?, latitude_e6: self.latitude_e6? })
    }
}

/// A filter on the register; blank fields match everything.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub division: String,
    pub level: String,
    pub state: String,
    pub route: String,
    pub mode: String,
    pub agency: String,
    pub pilot: String,
    pub year: String,
    pub readiness: String,
    pub sort: String,
}

/// The filter in the form the statements take.
#[derive(Debug)]
pub struct Wanted {
    /// Search terms that must all match.
    terms: Vec<String>,
    from: String,
    to: String,
    level: String,
    state: String,
    route: String,
    mode: String,
    agency: Option<uuid::Uuid>,
    pilot: String,
    year: i32,
    readiness: i32,
    /// True if more than the place is filtered.
    narrows: bool,
    sort: String,
}

impl Filter {
    /// An unreadable division matches nothing, rather than everything.
    pub fn wanted(&self) -> Wanted {
        let division = match self.division.as_str() {
            "" => Some(DivisionCode::country()),
            code => DivisionCode::parse(code).ok(),
        };
        let (from, to) = division.map_or(("~".to_owned(), "~".to_owned()), |d| (d.as_str().to_owned(), d.end()));
        Wanted {
            terms: plain_digits(&self.q).to_lowercase().split_whitespace().map(ToOwned::to_owned).collect(),
            from,
            to,
            level: self.level.clone(),
            state: self.state.clone(),
            route: self.route.clone(),
            mode: self.mode.clone(),
            agency: if self.agency.is_empty() { None } else { Some(self.agency.parse().unwrap_or_default()) },
            pilot: self.pilot.clone(),
            year: if self.year.is_empty() { 0 } else { plain_digits(&self.year).trim().parse().unwrap_or(-1) },
            readiness: if self.readiness.is_empty() { -1 } else { self.readiness.parse().unwrap_or(9) },
            narrows: self.asks(),
            sort: self.sort.clone(),
        }
    }

    /// True if anything but the order is set.
    pub fn narrows(&self) -> bool {
        !self.division.is_empty() || self.asks()
    }

    /// True if more than the place is filtered.
    fn asks(&self) -> bool {
        [
            &self.q,
            &self.level,
            &self.state,
            &self.route,
            &self.mode,
            &self.agency,
            &self.pilot,
            &self.year,
            &self.readiness,
        ]
        .iter()
        .any(|field| !field.is_empty())
    }
}

/// Totals over all pages of the register.
#[derive(Debug)]
pub struct Totals {
    pub count: i64,
    pub general: i64,
    pub township: i64,
    pub village: i64,
    pub operating: i64,
    pub area_m2: i64,
}

/// A query over the filtered stations: `$head`, the condition, then the tails, which may use their
/// own values from `$13` on. The same text serves the count and every order, each checked against
/// the schema. Plans don't depend on the values (see `app::config::pool`), so filters that are not
/// set are skipped with one look at `$12`.
macro_rules! wanted_stations {
    ($into:ty, $wanted:expr, [$head:literal $(, $tail:literal)*] $(, $more:expr)*) => {
        sqlx::query_as!(
            $into,
            $head
                + r"
            stations
            where division >= $1 and division < $2
              and (not $12 or (
                  (cardinality($3::text[]) = 0
                      or (select bool_and(strpos(search, term) > 0) from unnest($3::text[]) as term))
                  and ($4 = '' or level = $4) and ($5 = '' or state = $5) and ($6 = '' or build_route = $6)
                  and ($7 = '' or operation_mode = $7) and ($8::uuid is null or agency_id = $8)
                  and case $9 when 'provincial' then is_provincial_pilot when 'governance' then is_governance_pilot
                      when 'merged' then is_merged_area else true end
                  and ($10 = 0 or extract(year from opened_on) = $10)
                  and ($11 = -1 or readiness = $11)
              ))
            "
                $(+ $tail)*,
            $wanted.from,
            $wanted.to,
            &$wanted.terms,
            $wanted.level,
            $wanted.state,
            $wanted.route,
            $wanted.mode,
            $wanted.agency,
            $wanted.pilot,
            $wanted.year,
            $wanted.readiness,
            $wanted.narrows
            $(, $more)*
        )
    };
}

pub async fn totals(tx: &mut Tx, wanted: &Wanted) -> Result<Totals> {
    let totals = wanted_stations!(
        Totals,
        wanted,
        [r#"
            select count(*) as "count!",
                   count(*) filter (where level = 'general') as "general!",
                   count(*) filter (where level = 'township') as "township!",
                   count(*) filter (where level = 'village') as "village!",
                   count(*) filter (where state = 'operating') as "operating!",
                   coalesce(sum(area_m2), 0) as "area_m2!"
            from "#]
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(totals)
}

/// Rows in one order: a separate statement for each, so that an index can provide it.
macro_rules! ordered_rows {
    ($order:literal, $wanted:expr, $limit:expr, $offset:expr) => {
        wanted_stations!(
            Row,
            $wanted,
            [
                r#"
            select stations.id as "id: StationId", stations.code, stations.name,
                   stations.level as "level: StationLevel", stations.division as "division: DivisionCode",
                   divisions.name as "division_name!", stations.state as "state: State",
                   stations.opened_on as "opened_on: Day", stations.operation_mode as "operation_mode: OperationMode",
                   agencies.name as "agency_name?", stations.build_route as "build_route: BuildRoute",
                   stations.is_provincial_pilot, stations.is_governance_pilot, stations.is_merged_area,
                   stations.recognition as "recognition: Recognition", stations.address, stations.longitude_e6,
                   stations.latitude_e6, stations.phone, stations.venue, stations.area_m2, stations.readiness,
                   parents.code as "parent_code?"
            from (select * from "#,
                $order,
                r"
                limit $13 offset $14
            ) as stations
            left join divisions on divisions.network_id = stations.network_id and divisions.code = stations.division
            left join agencies on agencies.network_id = stations.network_id and agencies.id = stations.agency_id
            left join stations as parents on parents.network_id = stations.network_id
                and parents.id = stations.parent_id
            ",
                $order
            ],
            $limit,
            $offset
        )
    };
}

/// Rows of the register, in its order; an export passes a large limit and continues at an offset in
/// its snapshot.
pub async fn rows(tx: &mut Tx, wanted: &Wanted, limit: i64, offset: i64) -> Result<Vec<Row>> {
    let conn = tx.conn();
    let rows = match wanted.sort.as_str() {
        "name" => {
            ordered_rows!("order by stations.name collate zh, stations.division, stations.id", wanted, limit, offset)
                .fetch_all(conn)
                .await?
        }
        "code" => ordered_rows!("order by stations.code, stations.id", wanted, limit, offset).fetch_all(conn).await?,
        "opened" => {
            ordered_rows!(
                "order by stations.opened_on desc nulls last, stations.division, stations.id",
                wanted,
                limit,
                offset
            )
            .fetch_all(conn)
            .await?
        }
        _ => ordered_rows!("order by stations.division, stations.id", wanted, limit, offset).fetch_all(conn).await?,
    };
    Ok(rows)
}

pub async fn page(tx: &mut Tx, wanted: &Wanted, paging: Paging) -> Result<(Listed<Row>, Totals)> {
    let totals = totals(tx, wanted).await?;
    let paging = paging.within(totals.count);
    let rows = rows(tx, wanted, paging.size(), paging.offset()).await?;
    Ok((Listed { rows, total: totals.count, paging }, totals))
}

/// The stations of a narrow reach, or of one division: at most `limit`.
pub async fn of_reach(tx: &mut Tx, limit: i64) -> Result<Vec<Row>> {
    rows(tx, &Filter::default().wanted(), limit, 0).await
}

/// The number of stations not closed in each of these divisions.
pub async fn open(tx: &mut Tx, codes: &[String]) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"
        select codes.code as "code!", (
            select count(*) from stations
            where stations.division >= codes.code and stations.division < codes.code || '~' and state <> 'closed'
        ) as "count!"
        from unnest($1::text[]) as codes (code)
        "#,
        codes,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.count)).collect())
}

/// All stations within a division, closed ones included.
pub async fn within(tx: &mut Tx, division: &DivisionCode) -> Result<Vec<StationId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: StationId" from stations where division >= $1 and division < $2 order by division, id"#,
        division.as_str(),
        division.end(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids)
}
