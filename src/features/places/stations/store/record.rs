//! Statements behind a single station: finding, adding and editing it.

use crate::{
    db::{AtField, Tx},
    features::places::{
        divisions,
        stations::model::{
            BuildRoute, Facts, NewStation, OperationMode, Position, Recognition, State, StationLevel, rung_name,
        },
    },
    kernel::{AgencyId, Day, DivisionCode, Error, Result, StationId},
};

pub(super) const CONSTRAINTS: [(&str, &str, &str); 3] = [
    ("stations_code_once", "code", "这个编号已经有别的站点用了，请换一个。"),
    ("stations_one_general", "division", "这个县（区）已经有总站，一个县（区）只设一个。"),
    ("stations_purchased_has_agency", "agency", "购买服务运营的站点请选择承接机构。"),
];

/// The message when somebody else saved the station first.
const STALE: &str =
    "您打开这个页面以后，有人改过这个站点，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

/// A station with all its present fields.
#[derive(Clone, Debug)]
pub struct Station {
    pub id: StationId,
    pub code: String,
    pub name: String,
    pub level: StationLevel,
    pub division: DivisionCode,
    pub parent_id: Option<StationId>,
    pub parent_name: Option<String>,
    pub state: State,
    pub opened_on: Option<Day>,
    pub state_since: Day,
    pub operation_mode: OperationMode,
    pub agency_id: Option<AgencyId>,
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
    pub version: i32,
}

impl Station {
    pub fn rung(&self) -> &'static str {
        rung_name(self.readiness)
    }

    pub fn position(&self) -> Option<Position> {
        Some(Position { longitude_e6: self.longitude_e6?, latitude_e6: self.latitude_e6? })
    }

    pub fn facts(&self) -> Facts {
        Facts {
            code: self.code.clone(),
            name: self.name.clone(),
            parent: self.parent_id,
            operation_mode: self.operation_mode,
            agency: self.agency_id,
            build_route: self.build_route,
            is_provincial_pilot: self.is_provincial_pilot,
            is_governance_pilot: self.is_governance_pilot,
            is_merged_area: self.is_merged_area,
            recognition: self.recognition,
            address: self.address.clone(),
            position: self.position(),
            phone: self.phone.clone(),
            venue: self.venue.clone(),
            area_m2: self.area_m2,
        }
    }
}

pub async fn find(tx: &mut Tx, id: StationId) -> Result<Station> {
    let station = sqlx::query_as!(
        Station,
        r#"
        select stations.id as "id: StationId", stations.code, stations.name, stations.level as "level: StationLevel",
               stations.division as "division: DivisionCode", stations.parent_id as "parent_id: StationId",
               parents.name as "parent_name?", stations.state as "state: State", stations.opened_on as "opened_on: Day",
               stations.state_since as "state_since: Day", stations.operation_mode as "operation_mode: OperationMode",
               stations.agency_id as "agency_id: AgencyId", agencies.name as "agency_name?",
               stations.build_route as "build_route: BuildRoute", stations.is_provincial_pilot,
               stations.is_governance_pilot, stations.is_merged_area, stations.recognition as "recognition: Recognition",
               stations.address, stations.longitude_e6, stations.latitude_e6, stations.phone, stations.venue,
               stations.area_m2, stations.readiness, stations.version
        from stations
        left join stations parents on parents.network_id = stations.network_id and parents.id = stations.parent_id
        left join agencies on agencies.network_id = stations.network_id and agencies.id = stations.agency_id
        where stations.id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(station)
}

/// Adds a station to the register, with its first period.
pub async fn insert(tx: &mut Tx, id: StationId, new: &NewStation) -> Result<()> {
    let (now, today) = (tx.now(), tx.today());
    let since = new.opened_on.unwrap_or(today);
    let facts = &new.facts;
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into stations (id, code, name, level, division, parent_id, state, opened_on, state_since, operation_mode,
            agency_id, build_route, is_provincial_pilot, is_governance_pilot, is_merged_area, recognition, address,
            longitude_e6, latitude_e6, phone, venue, area_m2, search, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
        ",
        id.0,
        facts.code,
        facts.name,
        new.level.as_str(),
        new.division.as_str(),
        facts.parent.map(|id| id.0),
        new.state.as_str(),
        new.opened_on.map(|day| day.0),
        since.0,
        facts.operation_mode.as_str(),
        facts.agency.map(|id| id.0),
        facts.build_route.as_str(),
        facts.is_provincial_pilot,
        facts.is_governance_pilot,
        facts.is_merged_area,
        facts.recognition.as_str(),
        facts.address,
        facts.position.map(|position| position.longitude_e6),
        facts.position.map(|position| position.latitude_e6),
        facts.phone,
        facts.venue,
        facts.area_m2,
        facts.search(),
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    sqlx::query!(
        "
        insert into station_periods (station_id, since, division_then, level, name, parent_id, state, division)
        values ($1, $2, $3, $4, $5, $6, $7, $3)
        ",
        id.0,
        since.0,
        new.division.as_str(),
        new.level.as_str(),
        facts.name,
        facts.parent.map(|id| id.0),
        new.state.as_str(),
    )
    .execute(tx.conn())
    .await?;
    divisions::mark(tx, &[&new.division]).await
}

/// Saves an edit; refuses if somebody else saved first. A new name or parent also needs
/// [`turn_over`].
pub async fn update(tx: &mut Tx, id: StationId, version: i32, facts: &Facts) -> Result<()> {
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update stations set code = $3, name = $4, parent_id = $5, operation_mode = $6, agency_id = $7, build_route = $8,
            is_provincial_pilot = $9, is_governance_pilot = $10, is_merged_area = $11, recognition = $12, address = $13,
            longitude_e6 = $14, latitude_e6 = $15, phone = $16, venue = $17, area_m2 = $18, search = $19,
            version = version + 1
        where id = $1 and version = $2
        ",
        id.0,
        version,
        facts.code,
        facts.name,
        facts.parent.map(|id| id.0),
        facts.operation_mode.as_str(),
        facts.agency.map(|id| id.0),
        facts.build_route.as_str(),
        facts.is_provincial_pilot,
        facts.is_governance_pilot,
        facts.is_merged_area,
        facts.recognition.as_str(),
        facts.address,
        facts.position.map(|position| position.longitude_e6),
        facts.position.map(|position| position.latitude_e6),
        facts.phone,
        facts.venue,
        facts.area_m2,
        facts.search(),
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved != 1 {
        return Err(Error::at("version", STALE));
    }
    sqlx::query!(
        "update served_divisions set station_name = $2, station_address = $3, station_phone = $4 where station_id = $1",
        id.0,
        facts.name,
        facts.address,
        facts.phone,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Possible parents of a station in a division: open stations one level up, in the same county (or
/// city, where it has no counties).
pub async fn possible_parents(
    tx: &mut Tx,
    division: &DivisionCode,
    level: StationLevel,
) -> Result<Vec<(StationId, String)>> {
    let Some(above) = level.above() else { return Ok(vec![]) };
    let code = division.as_str();
    let county = &code[..code.len().min(6)];
    let city = &code[..code.len().min(4)];
    let rows = sqlx::query!(
        r#"
        select id as "id: StationId", name, code from stations
        where level = $1 and state <> 'closed' and ((division >= $2 and division < $2 || '~') or division = $3)
        order by division = $4 desc, division, code limit 300
        "#,
        above.as_str(),
        county,
        city,
        &code[..code.len().min(9)],
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, format!("{}（{}）", row.name, row.code))).collect())
}

/// A code to suggest for a new station: the division's code and the next number.
pub async fn next_code(tx: &mut Tx, division: &DivisionCode) -> Result<String> {
    let prefix = format!("{division}-");
    let taken =
        sqlx::query_scalar!(r#"select count(*) as "count!" from stations where starts_with(code, $1)"#, prefix,)
            .fetch_one(tx.conn())
            .await?;
    Ok(format!("{prefix}{:02}", taken + 1))
}

/// Saves a station's rung on the readiness ladder.
pub async fn set_readiness(tx: &mut Tx, station: &Station, rung: i16) -> Result<()> {
    sqlx::query!("update stations set readiness = $2, version = version + 1 where id = $1", station.id.0, rung)
        .execute(tx.conn())
        .await?;
    divisions::mark(tx, &[&station.division]).await
}

/// Stations by their codes, for an import to compare with.
pub async fn find_by_codes(tx: &mut Tx, codes: &[String]) -> Result<Vec<Station>> {
    let stations = sqlx::query_as!(
        Station,
        r#"
        select stations.id as "id: StationId", stations.code, stations.name, stations.level as "level: StationLevel",
               stations.division as "division: DivisionCode", stations.parent_id as "parent_id: StationId",
               null::text as parent_name, stations.state as "state: State", stations.opened_on as "opened_on: Day",
               stations.state_since as "state_since: Day", stations.operation_mode as "operation_mode: OperationMode",
               stations.agency_id as "agency_id: AgencyId", null::text as agency_name,
               stations.build_route as "build_route: BuildRoute", stations.is_provincial_pilot,
               stations.is_governance_pilot, stations.is_merged_area, stations.recognition as "recognition: Recognition",
               stations.address, stations.longitude_e6, stations.latitude_e6, stations.phone, stations.venue,
               stations.area_m2, stations.readiness, stations.version
        from stations where code = any($1)
        "#,
        codes,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(stations)
}

/// Stations that one may be merged into: open, of its level and in its county.
pub async fn siblings(tx: &mut Tx, station: &Station) -> Result<Vec<(StationId, String)>> {
    let code = station.division.as_str();
    let rows = sqlx::query!(
        r#"
        select id as "id: StationId", name, code from stations
        where level = $1 and state <> 'closed' and id <> $2 and division >= $3 and division < $3 || '~'
        order by division, code limit 500
        "#,
        station.level.as_str(),
        station.id.0,
        &code[..code.len().min(if station.level == StationLevel::General { 4 } else { 6 })],
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, format!("{}（{}）", row.name, row.code))).collect())
}
