//! Statements behind a station's life: its periods, and the changes that begin a new one.

use super::{CONSTRAINTS, Station};
use crate::{
    db::{AtField, Tx},
    features::places::{divisions, stations::model::State},
    kernel::{Day, DivisionCode, Error, GrantId, Result, StationId},
};

/// A period of a station's life.
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

/// A station's periods, newest first.
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

/// The day on which a station's present period began.
pub async fn present_since(tx: &mut Tx, id: StationId) -> Result<Day> {
    let since = sqlx::query_scalar!(
        r#"select since as "since: Day" from station_periods where station_id = $1 and until is null"#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(since)
}

/// Begins a new period on a day, from the station's present row. If the present period began on
/// that same day, corrects it instead. Earlier periods are never touched.
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

/// Sets a station's state from a day on; the first day it operates becomes its opening date.
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

/// Deletes the opening date of a station that was entered by mistake.
pub async fn never_opened(tx: &mut Tx, station: &Station) -> Result<()> {
    sqlx::query!("update stations set opened_on = null where id = $1 and state = 'closed'", station.id.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Moves a station to another division and parent from a day on. Its past keeps its old divisions;
/// the reach over it, present and past, follows the move. Returns the grants of its heads and
/// workers, which follow as well.
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
    keep_former_staff(tx, station, on).await?;
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
    sqlx::query!("update posts set division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    sqlx::query!("update persons set division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    sqlx::query!("update transfers set division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    sqlx::query!("update reminders set division = $2 where station_id = $1", station.id.0, to.as_str())
        .execute(tx.conn())
        .await?;
    move_reports(tx, station, to).await?;
    move_projects(tx, station).await?;
    move_evaluations(tx, station, to).await?;
    // Grants of the station's heads and workers cover the township it is in.
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

/// A station's reports belong to the reach of its new division; their figures stay where they were.
async fn move_reports(tx: &mut Tx, station: &Station, to: &DivisionCode) -> Result<()> {
    sqlx::query!(
        "
        with r as (update reports set division = $2 where station_id = $1),
             s as (update report_steps set division = $2 where station_id = $1),
             k as (update report_rounds set division = $2 where station_id = $1),
             e as (update report_extensions set division = $2 where station_id = $1),
             h as (update report_hands set division = $2 where station_id = $1)
        update report_files set division = $2 where station_id = $1
        ",
        station.id.0,
        to.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A station's evaluations belong to the reach of its new division; the group they were ranked in
/// stays.
async fn move_evaluations(tx: &mut Tx, station: &Station, to: &DivisionCode) -> Result<()> {
    tx.open_scores_to_move(station.id).await?;
    sqlx::query!(
        "
        with e as (update evaluations set division = $2 where station_id = $1),
             s as (update evaluation_steps set division = $2 where station_id = $1),
             o as (update self_scores set division = $2 where station_id = $1),
             p as (update evaluation_evidence set division = $2 where station_id = $1),
             r as (update recusals set division = $2 where station_id = $1),
             c as (update clearances set division = $2 where station_id = $1),
             t as (update panel_seats set division = $2 where station_id = $1),
             x as (update evaluation_scores set division = $2 where station_id = $1),
             m as (update settlements set division = $2 where station_id = $1),
             v as (update survey_slips set division = $2 where station_id = $1),
             w as (update survey_answers set division = $2 where station_id = $1),
             y as (update survey_results set division = $2 where station_id = $1),
             z as (update rectification_orders set division = $2 where station_id = $1),
             q as (update rectification_order_steps set division = $2 where station_id = $1),
             f as (update evaluation_results set division = $2 where station_id = $1)
        update appeals set division = $2 where station_id = $1
        ",
        station.id.0,
        to.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A project's townships are those of its host and of the stations it covers.
async fn move_projects(tx: &mut Tx, station: &Station) -> Result<()> {
    sqlx::query!(
        "
        update projects set version = version + 1,
            townships = array(select distinct place from (
                select left(stations.division, 9) from stations
                where stations.network_id = projects.network_id and stations.id = any (station_ids)
                  and length(stations.division) >= 9
                union select projects.township) as places (place) where place is not null order by place)
        where $1 = any (station_ids)
        ",
        station.id.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores the station's staff numbers for the end of each month it spent in the division it is
/// leaving.
async fn keep_former_staff(tx: &mut Tx, station: &Station, on: Day) -> Result<()> {
    sqlx::query!(
        "
        insert into former_staff (division, station_id, month_end, counts_for_two, heads, full_time, certified, valid,
            of_two)
        select $2, $1, month_end, level <> 'village', count(distinct posts.person_id),
               count(distinct posts.person_id) filter (where is_full_time),
               count(distinct posts.person_id) filter (where held.certified),
               count(distinct posts.person_id) filter (where held.valid),
               count(distinct posts.person_id) filter (where held.counts)
        from (
            select (date_trunc('month', month) + interval '1 month - 1 day')::date as month_end
            from generate_series(date_trunc('month', (select min(since) from posts where station_id = $1)::timestamp),
                $3::date, interval '1 month') as month
        ) as months
        join station_periods as periods on periods.station_id = $1 and periods.division_then = $2
            and periods.since <= month_end and (periods.until is null or periods.until >= month_end)
            and periods.state = 'operating'
        left join posts on posts.network_id = periods.network_id and posts.station_id = $1
            and posts.since <= month_end and (posts.until is null or posts.until >= month_end)
        left join lateral (
            select coalesce(bool_or(issued_on <= month_end), false) as certified,
                   coalesce(bool_or(valid_from <= month_end and valid_to >= month_end), false) as valid,
                   coalesce(bool_or(valid_from <= month_end and valid_to >= month_end
                       and certificates.level <> 'associate'), false) as counts
            from certificates
            left join registrations on registrations.network_id = certificates.network_id
                and registrations.certificate_id = certificates.id
            where certificates.network_id = posts.network_id and certificates.person_id = posts.person_id
        ) as held on true
        where month_end < $3
        group by month_end, level
        on conflict do nothing
        ",
        station.id.0,
        station.division.as_str(),
        on.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
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
