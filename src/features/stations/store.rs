//! Stations, their periods and what they serve. Queries only.

use serde::{Deserialize, Serialize};

use super::model::{
    BuildRoute, Facts, NewStation, OperationMode, Position, Recognition, State, StationLevel, rung_name,
};
use crate::{
    db::{AtField, Tx},
    features::divisions,
    kernel::{AgencyId, Day, DivisionCode, Error, GrantId, Listed, Paging, Result, StationId, plain_digits},
};

const CONSTRAINTS: [(&str, &str, &str); 3] = [
    ("stations_code_once", "code", "这个编号已经有别的站点用了，请换一个。"),
    ("stations_one_general", "division", "这个县（区）已经有总站，一个县（区）只设一个。"),
    ("stations_purchased_has_agency", "agency", "购买服务运营的站点请选择承接机构。"),
];

/// What somebody reads whose form was overtaken by another's.
const STALE: &str =
    "您打开这个页面以后，有人改过这个站点，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

/// A station with all that is known of it now.
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

/// Enters a station in the register, with the first period of its life.
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

/// Writes what was edited, unless somebody changed the station first. Another name
/// or parent is the business of [`turn_over`].
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

/// A stretch of a station's life.
#[derive(Clone, Debug)]
pub struct Period {
    pub since: Day,
    pub until: Option<Day>,
    pub division_then: DivisionCode,
    pub division_name: String,
    pub name: String,
    pub parent_name: Option<String>,
    pub state: State,
    pub reason: String,
}

/// A station's life, newest first.
pub async fn periods(tx: &mut Tx, id: StationId) -> Result<Vec<Period>> {
    let periods = sqlx::query_as!(
        Period,
        r#"
        select station_periods.since as "since: Day", station_periods.until as "until: Day",
               division_then as "division_then: DivisionCode", divisions.name as "division_name!", station_periods.name,
               parents.name as "parent_name?", station_periods.state as "state: State", reason
        from station_periods
        left join divisions on divisions.network_id = station_periods.network_id and divisions.code = division_then
        left join stations parents on parents.network_id = station_periods.network_id and parents.id = station_periods.parent_id
        where station_id = $1 order by station_periods.since desc
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(periods)
}

/// The day the present stretch of a station's life began.
pub async fn present_since(tx: &mut Tx, id: StationId) -> Result<Day> {
    let since = sqlx::query_scalar!(
        r#"select since as "since: Day" from station_periods where station_id = $1 and until is null"#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(since)
}

/// Begins a new stretch of a station's life on a day, from what its row says now;
/// on the day the present stretch began, that one is corrected instead. Earlier
/// ones are never touched.
pub async fn turn_over(tx: &mut Tx, id: StationId, on: Day, reason: &str) -> Result<()> {
    let begun = present_since(tx, id).await?;
    if on < begun {
        let why = format!("这个站点现在的情况从 {begun} 开始，变更日期不能早于这一天。");
        return Err(Error::at("since", why));
    }
    if on == begun {
        sqlx::query!(
            "
            update station_periods set division_then = stations.division, level = stations.level, name = stations.name,
                parent_id = stations.parent_id, state = stations.state, division = stations.division,
                reason = case when $2 = '' then reason else $2 end
            from stations
            where stations.network_id = station_periods.network_id and stations.id = station_id
              and station_id = $1 and until is null
            ",
            id.0,
            reason,
        )
        .execute(tx.conn())
        .await?;
        return Ok(());
    }
    sqlx::query!("update station_periods set until = $2 where station_id = $1 and until is null", id.0, on.before().0)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "
        insert into station_periods (station_id, since, division_then, level, name, parent_id, state, reason, division)
        select id, $2, division, level, name, parent_id, state, $3, division from stations where id = $1
        ",
        id.0,
        on.0,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts a station into a state from a day on; the first time it runs, that is its
/// opening date.
pub async fn set_state(tx: &mut Tx, station: &Station, next: State, on: Day, reason: &str) -> Result<()> {
    let moved = sqlx::query!(
        "
        update stations set state = $3, state_since = $4,
            opened_on = case when $3 = 'operating' then coalesce(opened_on, $4) else opened_on end, version = version + 1
        where id = $1 and version = $2
        ",
        station.id.0,
        station.version,
        next.as_str(),
        on.0,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if moved != 1 {
        return Err(Error::refused("刚才有人改过这个站点，您的操作没有执行。请刷新后再看。"));
    }
    turn_over(tx, station.id, on, reason).await?;
    divisions::mark(tx, &[&station.division]).await
}

/// Takes back that a station ever opened: it was entered by mistake.
pub async fn never_opened(tx: &mut Tx, station: &Station) -> Result<()> {
    sqlx::query!("update stations set opened_on = null where id = $1 and state = 'closed'", station.id.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Moves a station to another division, under another parent, from a day on. Its
/// past keeps the division of its time; who reaches it, now and in its past, follows.
/// Answers the grants of its heads and workers, which follow as well.
pub async fn relocate(
    tx: &mut Tx,
    station: &Station,
    to: &DivisionCode,
    parent: Option<StationId>,
    on: Day,
    reason: &str,
) -> Result<Vec<GrantId>> {
    let mut point = tx.savepoint().await?;
    let moved = sqlx::query!(
        "update stations set division = $3, parent_id = $4, version = version + 1 where id = $1 and version = $2",
        station.id.0,
        station.version,
        to.as_str(),
        parent.map(|id| id.0),
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if moved != 1 {
        return Err(Error::refused("刚才有人改过这个站点，您的操作没有执行。请刷新后再看。"));
    }
    turn_over(tx, station.id, on, reason).await?;
    sqlx::query!("update station_periods set division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    sqlx::query!("update station_checks set division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    sqlx::query!("update served_divisions set station_division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    // Heads and workers of this station reach the township it lies in.
    let grants = sqlx::query_scalar!(
        r#"
        update grants set division = left($2, 9)
        where role in ('station_head', 'social_worker')
          and id in (select grant_id from grant_stations where station_id = $1)
        returning id as "id: GrantId"
        "#,
        station.id.0,
        to.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    divisions::mark(tx, &[&station.division, to]).await?;
    Ok(grants)
}

/// What follows a station when it moves or is merged: how many of each.
#[derive(Debug)]
pub struct Following {
    pub rooms: Vec<(StationId, String)>,
    pub periods: i64,
    pub checks: i64,
    pub served: i64,
    pub grants: i64,
}

pub async fn following(tx: &mut Tx, id: StationId) -> Result<Following> {
    let rooms = sqlx::query!(
        r#"select id as "id: StationId", name from stations where parent_id = $1 and state <> 'closed' order by code"#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let counts = sqlx::query!(
        r#"
        select (select count(*) from station_periods where station_id = $1) as "periods!",
               (select count(*) from station_checks where station_id = $1) as "checks!",
               (select count(*) from served_divisions where station_id = $1) as "served!",
               (select count(*) from grant_stations where station_id = $1) as "grants!"
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Following {
        rooms: rooms.into_iter().map(|row| (row.id, row.name)).collect(),
        periods: counts.periods,
        checks: counts.checks,
        served: counts.served,
        grants: counts.grants,
    })
}

/// Gives the rooms of a station another parent from a day on.
pub async fn hand_over_rooms(tx: &mut Tx, rooms: &[(StationId, String)], to: StationId, on: Day) -> Result<()> {
    for (room, _) in rooms {
        sqlx::query!("update stations set parent_id = $2, version = version + 1 where id = $1", room.0, to.0)
            .execute(tx.conn())
            .await?;
        turn_over(tx, *room, on, "随上级站点合并").await?;
    }
    Ok(())
}

/// What a merged station served, the other serves.
pub async fn hand_over_served(tx: &mut Tx, from: &Station, to: &Station) -> Result<()> {
    sqlx::query!(
        "
        insert into served_divisions (station_id, division, station_division, station_name, station_address, station_phone)
        select $2::uuid, division, $3, $4, $5, $6 from served_divisions where station_id = $1
        union select $2::uuid, $7, $3, $4, $5, $6
        on conflict do nothing
        ",
        from.id.0,
        to.id.0,
        to.division.as_str(),
        to.name,
        to.address,
        to.phone,
        from.division.as_str(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "delete from served_divisions where station_id = $1 or (station_id = $2 and division = $3)",
        from.id.0,
        to.id.0,
        to.division.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a station serve one more division.
pub async fn serve(tx: &mut Tx, station: &Station, division: &DivisionCode) -> Result<()> {
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into served_divisions (station_id, division, station_division, station_name, station_address, station_phone)
        values ($1, $2, $3, $4, $5, $6)
        ",
        station.id.0,
        division.as_str(),
        station.division.as_str(),
        station.name,
        station.address,
        station.phone,
    )
    .execute(&mut *point)
    .await
    .at_field(&[
        ("served_divisions_pkey", "served", "这个区划已经在服务范围里了。"),
        ("served_divisions_division", "served", "没有这个区划代码，请核对。"),
    ])?;
    point.commit().await?;
    divisions::mark(tx, &[division]).await
}

pub async fn unserve(tx: &mut Tx, id: StationId, division: &DivisionCode) -> Result<()> {
    let gone =
        sqlx::query!("delete from served_divisions where station_id = $1 and division = $2", id.0, division.as_str())
            .execute(tx.conn())
            .await?
            .rows_affected();
    if gone != 1 {
        return Err(Error::NotFound);
    }
    divisions::mark(tx, &[division]).await
}

/// The divisions a station serves beyond its own.
pub async fn served(tx: &mut Tx, id: StationId) -> Result<Vec<(DivisionCode, String)>> {
    let rows = sqlx::query!(
        r#"
        select served_divisions.division as "division: DivisionCode", divisions.name
        from served_divisions
        join divisions on divisions.network_id = served_divisions.network_id and divisions.code = served_divisions.division
        where station_id = $1 order by served_divisions.division
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.division, row.name)).collect())
}

/// What people of a served division may know of the station that serves them.
#[derive(Debug)]
pub struct Card {
    pub name: String,
    pub address: String,
    pub phone: String,
}

/// The stations from elsewhere that serve a division.
pub async fn cards(tx: &mut Tx, division: &DivisionCode) -> Result<Vec<Card>> {
    let cards = sqlx::query_as!(
        Card,
        "
        select station_name as name, station_address as address, station_phone as phone
        from served_divisions where division = $1 order by station_name
        ",
        division.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(cards)
}

/// A station in a list.
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
    /// How far it has come on the readiness ladder, in words.
    pub fn rung(&self) -> &'static str {
        rung_name(self.readiness)
    }

    pub fn position(&self) -> Option<Position> {
        Some(Position { longitude_e6: self.longitude_e6?, latitude_e6: self.latitude_e6? })
    }
}

/// What of the register is asked for. Blank asks for all.
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

/// The filter as the queries take it.
#[derive(Debug)]
pub struct Wanted {
    /// Each must be found.
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
    sort: String,
}

impl Filter {
    /// What can't be read asks for nothing that exists, rather than for everything.
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
            sort: self.sort.clone(),
        }
    }

    /// Whether anything but the order is asked for.
    pub fn narrows(&self) -> bool {
        [
            &self.q,
            &self.division,
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

/// Totals over all pages of a list.
#[derive(Debug)]
pub struct Totals {
    pub count: i64,
    pub general: i64,
    pub township: i64,
    pub village: i64,
    pub operating: i64,
    pub area_m2: i64,
}

pub async fn totals(tx: &mut Tx, wanted: &Wanted) -> Result<Totals> {
    let totals = sqlx::query_as!(
        Totals,
        r#"
        select count(*) as "count!",
               count(*) filter (where level = 'general') as "general!",
               count(*) filter (where level = 'township') as "township!",
               count(*) filter (where level = 'village') as "village!",
               count(*) filter (where state = 'operating') as "operating!",
               coalesce(sum(area_m2), 0) as "area_m2!"
        from stations
        where division >= $1 and division < $2
          and (select coalesce(bool_and(strpos(search, term) > 0), true) from unnest($3::text[]) as term)
          and ($4 = '' or level = $4) and ($5 = '' or state = $5) and ($6 = '' or build_route = $6)
          and ($7 = '' or operation_mode = $7) and ($8::uuid is null or agency_id = $8)
          and case $9 when 'provincial' then is_provincial_pilot when 'governance' then is_governance_pilot
              when 'merged' then is_merged_area else true end
          and ($10 = 0 or extract(year from opened_on) = $10)
          and ($11 = -1 or readiness = $11)
        "#,
        wanted.from,
        wanted.to,
        &wanted.terms,
        wanted.level,
        wanted.state,
        wanted.route,
        wanted.mode,
        wanted.agency,
        wanted.pilot,
        wanted.year,
        wanted.readiness,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(totals)
}

/// Rows of a list, in its order; an export passes a long limit and goes on at an
/// offset of its snapshot.
pub async fn rows(tx: &mut Tx, wanted: &Wanted, limit: i64, offset: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select stations.id as "id: StationId", stations.code, stations.name, stations.level as "level: StationLevel",
               stations.division as "division: DivisionCode", divisions.name as "division_name!",
               stations.state as "state: State", stations.opened_on as "opened_on: Day",
               stations.operation_mode as "operation_mode: OperationMode", agencies.name as "agency_name?",
               stations.build_route as "build_route: BuildRoute", stations.is_provincial_pilot,
               stations.is_governance_pilot, stations.is_merged_area, stations.recognition as "recognition: Recognition",
               stations.address, stations.longitude_e6, stations.latitude_e6, stations.phone, stations.venue,
               stations.area_m2, stations.readiness, parents.code as "parent_code?"
        from (
            select * from stations
            where division >= $1 and division < $2
              and (select coalesce(bool_and(strpos(search, term) > 0), true) from unnest($3::text[]) as term)
              and ($4 = '' or level = $4) and ($5 = '' or state = $5) and ($6 = '' or build_route = $6)
              and ($7 = '' or operation_mode = $7) and ($8::uuid is null or agency_id = $8)
              and case $9 when 'provincial' then is_provincial_pilot when 'governance' then is_governance_pilot
                  when 'merged' then is_merged_area else true end
              and ($10 = 0 or extract(year from opened_on) = $10)
              and ($11 = -1 or readiness = $11)
            order by case when $12 = 'name' then name end collate zh,
                     case when $12 = 'code' then code end,
                     case when $12 = 'opened' then opened_on end desc nulls last,
                     division, id
            limit $13 offset $14
        ) stations
        left join divisions on divisions.network_id = stations.network_id and divisions.code = stations.division
        left join agencies on agencies.network_id = stations.network_id and agencies.id = stations.agency_id
        left join stations parents on parents.network_id = stations.network_id and parents.id = stations.parent_id
        order by case when $12 = 'name' then stations.name end collate zh,
                 case when $12 = 'code' then stations.code end,
                 case when $12 = 'opened' then stations.opened_on end desc nulls last,
                 stations.division, stations.id
        "#,
        wanted.from,
        wanted.to,
        &wanted.terms,
        wanted.level,
        wanted.state,
        wanted.route,
        wanted.mode,
        wanted.agency,
        wanted.pilot,
        wanted.year,
        wanted.readiness,
        wanted.sort,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
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

/// Stations that could be the parent of one in a division: of the level above, in
/// the same county (or city, where that has none), still open.
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

/// How many stations that are not closed lie in each of these divisions.
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

/// The code a new station in a division might get: the division's and the next number.
pub async fn next_code(tx: &mut Tx, division: &DivisionCode) -> Result<String> {
    let prefix = format!("{division}-");
    let taken =
        sqlx::query_scalar!(r#"select count(*) as "count!" from stations where starts_with(code, $1)"#, prefix,)
            .fetch_one(tx.conn())
            .await?;
    Ok(format!("{prefix}{:02}", taken + 1))
}

/// Notes how far a station has come on the readiness ladder.
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

/// Stations one may be merged into: of its level, in its county, still open.
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

/// All stations, closed ones too, that lie within a division.
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
