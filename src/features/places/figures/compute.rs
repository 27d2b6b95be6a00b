//! The worker's job that recomputes the figures of marked places from the records.

use std::collections::BTreeSet;

use super::model::{Rated, Standing, standings};
use crate::{
    db::Tx,
    kernel::{Day, Result},
};

/// Marked places computed per transaction. They are neighbours, so most of what lies between the
/// first and the last belongs to them.
const AT_ONCE: i64 = 1000;

/// Claims marks and computes their places and everything around them. Returns true if there may be
/// more to do. Does nothing while another server is computing.
pub async fn compute(tx: &mut Tx) -> Result<bool> {
    let (network, today) = (tx.scope().network.0.to_string(), tx.today());
    let ours = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('figures' || $1::text, 0)) as "ours!""#,
        network,
    )
    .fetch_one(tx.conn())
    .await?;
    if !ours {
        return Ok(false);
    }
    let known = known_years(tx).await?;
    let years = years(tx, &known, today).await?;
    if years.iter().any(|year| !known.contains(year)) {
        mark_every_place(tx).await?;
    }
    let marked = sqlx::query_scalar!(
        "
        delete from figure_marks where id in (select id from figure_marks order by division limit $1)
        returning left(division, 9)
        ",
        AT_ONCE,
    )
    .fetch_all(tx.conn())
    .await?;
    if marked.is_empty() {
        return Ok(false);
    }
    let mut places: Vec<String> = marked.iter().flatten().cloned().collect();
    places.sort();
    places.dedup();
    let more = i64::try_from(marked.len()).unwrap_or(0) == AT_ONCE;
    let chain = with_all_around(tx, &places).await?;
    for length in [9, 6, 4, 2, 0] {
        let level: Vec<String> = chain.iter().filter(|code| code.len() == length).cloned().collect();
        if level.is_empty() {
            continue;
        }
        if length == 9 {
            compute_townships(tx, &level, &years, today).await?;
        } else {
            compute_from_children(tx, &level, &years, today).await?;
        }
    }
    let parents: Vec<String> = chain.into_iter().filter(|code| code.len() < 9).collect();
    rank(tx, &parents, &years).await?;
    Ok(more)
}

/// The years that have figures: those of the root, which every computation reaches.
async fn known_years(tx: &mut Tx) -> Result<Vec<i32>> {
    let years = sqlx::query_scalar!(
        "
        select distinct figures.year from figures
        join divisions on divisions.network_id = figures.network_id and divisions.code = figures.division
        where divisions.parent is null
        ",
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(years)
}

/// The years to keep figures for: those with tasks or openings, those that already have figures,
/// and this one.
async fn years(tx: &mut Tx, known: &[i32], today: Day) -> Result<Vec<i32>> {
    let years = sqlx::query_scalar!(
        r#"
        select year as "year!" from generate_series(2000, $1 + 1) as years (year)
        where year = $1 or year = any($2)
           or exists (select from build_tasks where build_tasks.year = years.year)
           or exists (select from stations where opened_on >= make_date(years.year, 1, 1) and opened_on <= make_date(years.year, 12, 31))
        order by year
        "#,
        today.year(),
        known,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(years)
}

/// A year's first figures need every place, or the sums would miss places where nothing happened.
async fn mark_every_place(tx: &mut Tx) -> Result<()> {
    sqlx::query!(
        "
        insert into figure_marks (id, division)
        select gen_random_uuid(), code from divisions
        where level <> 'village' and not exists (select from figure_marks where figure_marks.division = divisions.code)
        ",
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// These places and everything around them, up to the root: their codes are the prefixes of the
/// places' codes.
async fn with_all_around(tx: &mut Tx, places: &[String]) -> Result<Vec<String>> {
    let around: BTreeSet<&str> = places
        .iter()
        .flat_map(|code| {
            [0, 2, 4, 6, 9].into_iter().filter(|length| *length <= code.len()).map(|length| &code[..length])
        })
        .collect();
    let around: Vec<String> = around.into_iter().map(ToOwned::to_owned).collect();
    let chain =
        sqlx::query_scalar!("select code from divisions where code = any($1)", &around).fetch_all(tx.conn()).await?;
    Ok(chain)
}

/// A township counts the stations in it and in its villages. One statement computes all places of a
/// batch as parts that are summed: the planner misjudges joins of aggregates.
async fn compute_townships(tx: &mut Tx, codes: &[String], years: &[i32], today: Day) -> Result<()> {
    let now = tx.now();
    let (first, last) =
        (codes.iter().min().cloned().unwrap_or_default(), codes.iter().max().cloned().unwrap_or_default());
    sqlx::query!(
        r#"
        with days as (
            select year, basis, least(make_date(year, 12, 31), $3) as day,
                   case basis when 'then' then least(make_date(year, 12, 31), $3) else $3 end as seen
            from unnest($2::integer[]) as years (year) cross join (values ('then'), ('now')) as bases (basis)
        ), lying as (
            select 'then' as basis, left(p.division_then, 9) as place, p.division_then as division, p.station_id, p.since, p.until, p.level, p.state
            from station_periods p where p.division_then >= $5 and p.division_then < $6 || '~'
            union all
            select 'now', left(p.division, 9), p.division, p.station_id, p.since, p.until, p.level, p.state
            from station_periods p where p.division >= $5 and p.division < $6 || '~'
        ), parts as (
            select places.code as place, places.parent, days.year, days.basis,
                   (places.since <= days.seen and (places.until is null or places.until >= days.seen))::integer as there,
                   (exists (select from served_divisions v where v.division = places.code))::integer as served,
                   false as opened, false as operating, null as level, null as division, null::smallint as readiness,
                   false as provincial, false as governance, false as merged, 0 as villages, 0 as villages_served
            from divisions places cross join days where places.code = any($1)
            union all
            select lying.place, null, days.year, days.basis, 0, 0,
                   extract(year from s.opened_on) = days.year, lying.state = 'operating', lying.level, lying.division, s.readiness,
                   s.is_provincial_pilot, s.is_governance_pilot, s.is_merged_area, 0, 0
            from lying
            join stations s on s.id = lying.station_id
            join days on days.basis = lying.basis and lying.since <= days.day and (lying.until is null or lying.until >= days.day)
            where lying.place = any($1)
            union all
            select d.parent, null, days.year, days.basis, 0, 0, false, false, null, null, null, false, false, false, 1,
                   (exists (select from served_divisions v where v.division = d.code))::integer
            from divisions d
            join days on d.since <= days.seen and (d.until is null or d.until >= days.seen)
            where d.parent = any($1)
        ), sums as (
            select place, max(parent) as parent, year, basis, max(there) as there, max(served) as served,
                array[count(*) filter (where opened and level = 'general'), count(*) filter (where opened and level = 'township'),
                    count(*) filter (where opened and level = 'village')]::integer[] as built,
                array[count(*) filter (where operating and level = 'general'), count(*) filter (where operating and level = 'township'),
                    count(*) filter (where operating and level = 'village')]::integer[] as running,
                array[count(*) filter (where operating and readiness = 0), count(*) filter (where operating and readiness = 1),
                    count(*) filter (where operating and readiness = 2), count(*) filter (where operating and readiness = 3)]::integer[] as readiness,
                (count(*) filter (where operating and provincial))::integer as provincial,
                (count(*) filter (where operating and governance))::integer as governance,
                (count(*) filter (where operating and merged))::integer as merged,
                array[sum(villages), count(distinct division) filter (where operating and level = 'village'),
                    sum(villages_served)]::integer[] as villages
            from parts group by place, year, basis
        )
        insert into figures (year, division, basis, parent, planned, built, operating, readiness, provincial_pilots,
            governance_pilots, merged_areas, townships, villages, computed_at)
        select year, place, basis, parent, array[0, 0, 0], built, running, readiness, provincial, governance, merged,
            array[there, there * least(running[2], 1), case when running[2] = 0 then there * served else 0 end], villages, $4
        from sums
        on conflict (network_id, year, basis, division) do update
        set parent = excluded.parent, planned = excluded.planned, built = excluded.built, operating = excluded.operating,
            readiness = excluded.readiness, provincial_pilots = excluded.provincial_pilots,
            governance_pilots = excluded.governance_pilots, merged_areas = excluded.merged_areas,
            townships = excluded.townships, villages = excluded.villages, computed_at = excluded.computed_at
        "#,
        codes,
        years,
        today.0,
        now,
        first,
        last,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A higher place sums its direct children and adds its own: its tasks and its general station.
async fn compute_from_children(tx: &mut Tx, codes: &[String], years: &[i32], today: Day) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        r#"
        with days as (
            select year, basis, least(make_date(year, 12, 31), $3) as day
            from unnest($2::integer[]) as years (year) cross join (values ('then'), ('now')) as bases (basis)
        ), parts as (
            select places.code as place, places.parent, days.year, days.basis, array[0, 0, 0] as planned, array[0, 0, 0] as built,
                   array[0, 0, 0] as running, array[0, 0, 0, 0] as readiness, 0 as provincial, 0 as governance, 0 as merged,
                   array[0, 0, 0] as townships, array[0, 0, 0] as villages
            from divisions places cross join days where places.code = any($1)
            union all
            select f.parent, null, f.year, f.basis, f.planned, f.built, f.operating, f.readiness,
                   f.provincial_pilots, f.governance_pilots, f.merged_areas, f.townships, f.villages
            from figures f where f.parent = any($1) and f.year = any($2)
            union all
            select t.division, null, t.year, bases.basis,
                   array[case t.level when 'general' then t.planned else 0 end, case t.level when 'township' then t.planned else 0 end,
                       case t.level when 'village' then t.planned else 0 end],
                   array[0, 0, 0], array[0, 0, 0], array[0, 0, 0, 0], 0, 0, 0, array[0, 0, 0], array[0, 0, 0]
            from build_tasks t cross join (values ('then'), ('now')) as bases (basis)
            where t.division = any($1) and t.year = any($2)
            union all
            select lying.place, null, days.year, days.basis, array[0, 0, 0],
                   case when extract(year from s.opened_on) = days.year
                       then array[(lying.level = 'general')::integer, (lying.level = 'township')::integer, (lying.level = 'village')::integer]
                       else array[0, 0, 0] end,
                   case when lying.state = 'operating'
                       then array[(lying.level = 'general')::integer, (lying.level = 'township')::integer, (lying.level = 'village')::integer]
                       else array[0, 0, 0] end,
                   case when lying.state = 'operating'
                       then array[(s.readiness = 0)::integer, (s.readiness = 1)::integer, (s.readiness = 2)::integer, (s.readiness = 3)::integer]
                       else array[0, 0, 0, 0] end,
                   (lying.state = 'operating' and s.is_provincial_pilot)::integer,
                   (lying.state = 'operating' and s.is_governance_pilot)::integer,
                   (lying.state = 'operating' and s.is_merged_area)::integer,
                   array[0, 0, 0], array[0, 0, 0]
            from (
                select 'then' as basis, division_then as place, station_id, since, until, level, state
                from station_periods where division_then = any($1)
                union all
                select 'now', division, station_id, since, until, level, state from station_periods where division = any($1)
            ) as lying
            join stations s on s.id = lying.station_id
            join days on days.basis = lying.basis and lying.since <= days.day and (lying.until is null or lying.until >= days.day)
        )
        insert into figures (year, division, basis, parent, planned, built, operating, readiness, provincial_pilots,
            governance_pilots, merged_areas, townships, villages, computed_at)
        select year, place, basis, max(parent),
            array[sum(planned[1]), sum(planned[2]), sum(planned[3])]::integer[],
            array[sum(built[1]), sum(built[2]), sum(built[3])]::integer[],
            array[sum(running[1]), sum(running[2]), sum(running[3])]::integer[],
            array[sum(readiness[1]), sum(readiness[2]), sum(readiness[3]), sum(readiness[4])]::integer[],
            sum(provincial)::integer, sum(governance)::integer, sum(merged)::integer,
            array[sum(townships[1]), sum(townships[2]), sum(townships[3])]::integer[],
            array[sum(villages[1]), sum(villages[2]), sum(villages[3])]::integer[], $4
        from parts group by place, year, basis
        on conflict (network_id, year, basis, division) do update
        set parent = excluded.parent, planned = excluded.planned, built = excluded.built, operating = excluded.operating,
            readiness = excluded.readiness, provincial_pilots = excluded.provincial_pilots,
            governance_pilots = excluded.governance_pilots, merged_areas = excluded.merged_areas,
            townships = excluded.townships, villages = excluded.villages, computed_at = excluded.computed_at
        "#,
        codes,
        years,
        today.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ranks places among their siblings by built ÷ planned, and stores the median, because a page
/// can't see siblings outside its reach. Places without a plan have no rank.
async fn rank(tx: &mut Tx, parents: &[String], years: &[i32]) -> Result<()> {
    let rated = sqlx::query_as!(
        Rated,
        r#"
        select year, basis, parent as "parent!", division,
               (2 * (built[1] + built[2] + built[3]) * 10000 + planned[1] + planned[2] + planned[3])
                   / (2 * (planned[1] + planned[2] + planned[3])) as "bp!"
        from figures
        where year = any($1) and basis in ('then', 'now') and parent = any($2)
          and planned[1] + planned[2] + planned[3] > 0
        "#,
        years,
        parents,
    )
    .fetch_all(tx.conn())
    .await?;
    let standings = standings(rated);
    let of = |field: fn(&Standing) -> i32| standings.iter().map(field).collect::<Vec<i32>>();
    let bases: Vec<String> = standings.iter().map(|place| place.rated.basis.clone()).collect();
    let divisions: Vec<String> = standings.iter().map(|place| place.rated.division.clone()).collect();
    sqlx::query!(
        "
        update figures set rank = place.rank, siblings = place.siblings, median_bp = place.median
        from unnest($1::integer[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[])
            as place (year, basis, division, rank, siblings, median)
        where figures.year = place.year and figures.basis = place.basis and figures.division = place.division
          and (figures.rank, figures.siblings, figures.median_bp) is distinct from (place.rank, place.siblings, place.median)
        ",
        &of(|place| place.rated.year),
        &bases,
        &divisions,
        &of(|place| place.rank),
        &of(|place| place.siblings),
        &of(|place| place.median_bp),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
