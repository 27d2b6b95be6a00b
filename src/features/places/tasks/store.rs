//! Statements behind build tasks and their progress.

use serde::Serialize;

use crate::{
    db::Tx,
    features::places::{
        divisions,
        stations::{BuildRoute, StationLevel},
    },
    kernel::{DivisionCode, Listed, Paging, Result},
};

/// A county's target for one level and route in a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    pub level: StationLevel,
    pub build_route: BuildRoute,
    pub planned: i32,
}

/// The years that have tasks within reach, newest first.
pub async fn years(tx: &mut Tx) -> Result<Vec<i32>> {
    Ok(sqlx::query_scalar!("select distinct year from build_tasks order by year desc").fetch_all(tx.conn()).await?)
}

/// A county (or a city without counties) with its plan for a year and the number built.
#[derive(Debug)]
pub struct County {
    pub code: DivisionCode,
    pub name: String,
    pub planned: Vec<i32>,
    pub built: Vec<i32>,
    pub total: i64,
}

/// The places within reach that can have tasks, with their figures for a year.
pub async fn counties(tx: &mut Tx, year: i32, paging: Paging) -> Result<Listed<County>> {
    let reach = tx.scope().reach.division.clone();
    let rows = sqlx::query_as!(
        County,
        r#"
        select places.code as "code!: DivisionCode", places.name as "name!",
               array[tasks.general, tasks.township, tasks.village] as "planned!",
               coalesce(figures.built, array[0, 0, 0]) as "built!",
               count(*) over () as "total!"
        from divisions places
        left join figures on figures.network_id = places.network_id and figures.division = places.code
            and figures.year = $1 and figures.basis = 'then'
        cross join lateral (
            select coalesce(sum(planned) filter (where level = 'general'), 0)::integer as general,
                   coalesce(sum(planned) filter (where level = 'township'), 0)::integer as township,
                   coalesce(sum(planned) filter (where level = 'village'), 0)::integer as village
            from build_tasks
            where build_tasks.network_id = places.network_id and build_tasks.division = places.code and year = $1
        ) as tasks
        where places.code >= $2 and places.code < $3 and places.until is null
          and (places.level = 'county' or places.level = 'city' and not exists (
              select from divisions below
              where below.network_id = places.network_id and below.parent = places.code and below.level = 'county'))
        order by places.code limit $4 offset $5
        "#,
        year,
        reach.as_str(),
        reach.end(),
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

pub async fn of_county(tx: &mut Tx, code: &DivisionCode, year: i32) -> Result<Vec<Task>> {
    let tasks = sqlx::query_as!(
        Task,
        r#"
        select level as "level: StationLevel", build_route as "build_route: BuildRoute", planned
        from build_tasks where division = $1 and year = $2 order by level, build_route
        "#,
        code.as_str(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(tasks)
}

/// Replaces all tasks of a county for a year.
pub async fn set(tx: &mut Tx, code: &DivisionCode, year: i32, tasks: &[Task]) -> Result<()> {
    sqlx::query!("delete from build_tasks where division = $1 and year = $2", code.as_str(), year)
        .execute(tx.conn())
        .await?;
    let levels: Vec<String> = tasks.iter().map(|task| task.level.as_str().to_owned()).collect();
    let routes: Vec<String> = tasks.iter().map(|task| task.build_route.as_str().to_owned()).collect();
    let planned: Vec<i32> = tasks.iter().map(|task| task.planned).collect();
    sqlx::query!(
        "
        insert into build_tasks (year, division, level, build_route, planned)
        select $1, $2, row.level, row.route, row.planned
        from unnest($3::text[], $4::text[], $5::integer[]) as row (level, route, planned)
        ",
        year,
        code.as_str(),
        &levels,
        &routes,
        &planned,
    )
    .execute(tx.conn())
    .await?;
    divisions::mark(tx, &[code]).await
}

/// Stations planned for a year over the whole reach, by level.
pub async fn planned(tx: &mut Tx, year: i32) -> Result<Vec<i32>> {
    let planned = sqlx::query_scalar!(
        r#"
        select array[coalesce(sum(planned) filter (where level = 'general'), 0)::integer,
                     coalesce(sum(planned) filter (where level = 'township'), 0)::integer,
                     coalesce(sum(planned) filter (where level = 'village'), 0)::integer] as "planned!"
        from build_tasks where year = $1
        "#,
        year,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(planned)
}
