//! Computing figures from what is on record.

use crate::{
    db::Tx,
    kernel::{Day, Result},
};

/// How many marked places one transaction computes.
const AT_ONCE: i64 = 1000;

/// Takes marks and computes their places and all around them. Answers whether there
/// may be more to do. Another server at the same work is left to it.
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
    let years = years(tx, today).await?;
    mark_all_for_a_new_year(tx, &years).await?;
    let marked = sqlx::query_scalar!(
        "
        delete from figure_marks where id in (select id from figure_marks order by id limit $1)
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
    rank(tx, &chain).await?;
    Ok(more)
}

/// The years figures are kept for: those with tasks or openings, those that once had
/// some, and this one.
async fn years(tx: &mut Tx, today: Day) -> Result<Vec<i32>> {
    let years = sqlx::query_scalar!(
        r#"
        select year as "year!" from build_tasks
        union select extract(year from opened_on)::integer from stations where opened_on is not null
        union select distinct year from figures
        union select $1
        order by 1
        "#,
        today.year(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(years)
}

/// The first figures of a year need every place, or sums would miss those that
/// nothing happened in.
async fn mark_all_for_a_new_year(tx: &mut Tx, years: &[i32]) -> Result<()> {
    let known = sqlx::query_scalar!(
        r#"
        select count(distinct figures.year) as "count!" from figures
        join divisions on divisions.network_id = figures.network_id and divisions.code = figures.division
        where divisions.parent is null and figures.year = any($1)
        "#,
        years,
    )
    .fetch_one(tx.conn())
    .await?;
    let marked = sqlx::query_scalar!(r#"select count(*) as "count!" from figure_marks"#).fetch_one(tx.conn()).await?;
    let places = sqlx::query_scalar!(r#"select count(*) as "count!" from divisions where level <> 'village'"#)
        .fetch_one(tx.conn())
        .await?;
    if known < i64::try_from(years.len()).unwrap_or(0) && marked < places {
        sqlx::query!(
            "insert into figure_marks (id, division) select gen_random_uuid(), code from divisions where level <> 'village'",
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// These places and all around them, up to the top.
async fn with_all_around(tx: &mut Tx, places: &[String]) -> Result<Vec<String>> {
    let chain = sqlx::query_scalar!(
        r#"
        with recursive chain as (
            select code, parent from divisions where code = any($1)
            union
            select divisions.code, divisions.parent from divisions join chain on divisions.code = chain.parent
        )
        select code as "code!" from chain
        "#,
        places,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(chain)
}

/// A township counts the stations in it and in its villages.
async fn compute_townships(tx: &mut Tx, codes: &[String], years: &[i32], today: Day) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        r#"
        insert into figures (year, division, basis, parent, planned, built, operating, readiness, provincial_pilots,
            governance_pilots, merged_areas, townships, villages, computed_at)
        select years.year, places.code, bases.basis, places.parent,
            array[0, 0, 0],
            array[counts.built_general, counts.built_township, counts.built_village],
            array[counts.general, counts.township, counts.village],
            array[counts.rung0, counts.rung1, counts.rung2, counts.rung3],
            counts.provincial, counts.governance, counts.merged,
            case when places.since <= seen.day and (places.until is null or places.until >= seen.day)
                then array[1, least(counts.township, 1), case when counts.township = 0 and served.township then 1 else 0 end]
                else array[0, 0, 0] end,
            array[villages.count, counts.own_villages, villages.served],
            $4
        from unnest($1::text[]) as marked (code)
        join divisions places on places.code = marked.code
        cross join unnest($2::integer[]) as years (year)
        cross join (values ('then'), ('now')) as bases (basis)
        cross join lateral (select least(make_date(years.year, 12, 31), $3) as day) as ends
        cross join lateral (select case bases.basis when 'then' then ends.day else $3 end as day) as seen
        cross join lateral (
            select
                (count(*) filter (where extract(year from s.opened_on) = years.year and p.level = 'general'))::integer as built_general,
                (count(*) filter (where extract(year from s.opened_on) = years.year and p.level = 'township'))::integer as built_township,
                (count(*) filter (where extract(year from s.opened_on) = years.year and p.level = 'village'))::integer as built_village,
                (count(*) filter (where p.state = 'operating' and p.level = 'general'))::integer as general,
                (count(*) filter (where p.state = 'operating' and p.level = 'township'))::integer as township,
                (count(*) filter (where p.state = 'operating' and p.level = 'village'))::integer as village,
                (count(*) filter (where p.state = 'operating' and s.readiness = 0))::integer as rung0,
                (count(*) filter (where p.state = 'operating' and s.readiness = 1))::integer as rung1,
                (count(*) filter (where p.state = 'operating' and s.readiness = 2))::integer as rung2,
                (count(*) filter (where p.state = 'operating' and s.readiness = 3))::integer as rung3,
                (count(*) filter (where p.state = 'operating' and s.is_provincial_pilot))::integer as provincial,
                (count(*) filter (where p.state = 'operating' and s.is_governance_pilot))::integer as governance,
                (count(*) filter (where p.state = 'operating' and s.is_merged_area))::integer as merged,
                (count(distinct case bases.basis when 'then' then p.division_then else p.division end)
                    filter (where p.state = 'operating' and p.level = 'village'))::integer as own_villages
            from station_periods p
            join stations s on s.network_id = p.network_id and s.id = p.station_id
            where p.since <= ends.day and (p.until is null or p.until >= ends.day)
              and (bases.basis = 'then' and p.division_then >= places.code and p.division_then < places.code || '~'
                  or bases.basis = 'now' and p.division >= places.code and p.division < places.code || '~')
        ) as counts
        cross join lateral (
            select exists (select from served_divisions v where v.network_id = places.network_id and v.division = places.code) as township
        ) as served
        cross join lateral (
            select count(*)::integer as count,
                   (count(*) filter (where exists (
                       select from served_divisions v where v.network_id = d.network_id and v.division = d.code)))::integer as served
            from divisions d
            where d.network_id = places.network_id and d.parent = places.code
              and d.since <= seen.day and (d.until is null or d.until >= seen.day)
        ) as villages
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

/// A higher place sums its direct children and adds what lies in itself: its tasks
/// and its general station.
async fn compute_from_children(tx: &mut Tx, codes: &[String], years: &[i32], today: Day) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        r#"
        insert into figures (year, division, basis, parent, planned, built, operating, readiness, provincial_pilots,
            governance_pilots, merged_areas, townships, villages, computed_at)
        select years.year, places.code, bases.basis, places.parent,
            array[below.planned1 + tasks.general, below.planned2 + tasks.township, below.planned3 + tasks.village],
            array[below.built1 + own.built_general, below.built2 + own.built_township, below.built3 + own.built_village],
            array[below.operating1 + own.general, below.operating2 + own.township, below.operating3 + own.village],
            array[below.rung0 + own.rung0, below.rung1 + own.rung1, below.rung2 + own.rung2, below.rung3 + own.rung3],
            below.provincial + own.provincial, below.governance + own.governance, below.merged + own.merged,
            array[below.townships1, below.townships2, below.townships3],
            array[below.villages1, below.villages2, below.villages3],
            $4
        from unnest($1::text[]) as marked (code)
        join divisions places on places.code = marked.code
        cross join unnest($2::integer[]) as years (year)
        cross join (values ('then'), ('now')) as bases (basis)
        cross join lateral (select least(make_date(years.year, 12, 31), $3) as day) as ends
        cross join lateral (
            select coalesce(sum(f.planned[1]), 0)::integer as planned1, coalesce(sum(f.planned[2]), 0)::integer as planned2,
                   coalesce(sum(f.planned[3]), 0)::integer as planned3, coalesce(sum(f.built[1]), 0)::integer as built1,
                   coalesce(sum(f.built[2]), 0)::integer as built2, coalesce(sum(f.built[3]), 0)::integer as built3,
                   coalesce(sum(f.operating[1]), 0)::integer as operating1, coalesce(sum(f.operating[2]), 0)::integer as operating2,
                   coalesce(sum(f.operating[3]), 0)::integer as operating3, coalesce(sum(f.readiness[1]), 0)::integer as rung0,
                   coalesce(sum(f.readiness[2]), 0)::integer as rung1, coalesce(sum(f.readiness[3]), 0)::integer as rung2,
                   coalesce(sum(f.readiness[4]), 0)::integer as rung3, coalesce(sum(f.provincial_pilots), 0)::integer as provincial,
                   coalesce(sum(f.governance_pilots), 0)::integer as governance, coalesce(sum(f.merged_areas), 0)::integer as merged,
                   coalesce(sum(f.townships[1]), 0)::integer as townships1, coalesce(sum(f.townships[2]), 0)::integer as townships2,
                   coalesce(sum(f.townships[3]), 0)::integer as townships3, coalesce(sum(f.villages[1]), 0)::integer as villages1,
                   coalesce(sum(f.villages[2]), 0)::integer as villages2, coalesce(sum(f.villages[3]), 0)::integer as villages3
            from figures f
            join divisions d on d.network_id = f.network_id and d.code = f.division
            where f.network_id = places.network_id and f.parent = places.code and f.year = years.year and f.basis = bases.basis
        ) as below
        cross join lateral (
            select coalesce(sum(t.planned) filter (where t.level = 'general'), 0)::integer as general,
                   coalesce(sum(t.planned) filter (where t.level = 'township'), 0)::integer as township,
                   coalesce(sum(t.planned) filter (where t.level = 'village'), 0)::integer as village
            from build_tasks t where t.network_id = places.network_id and t.division = places.code and t.year = years.year
        ) as tasks
        cross join lateral (
            select
                (count(*) filter (where extract(year from s.opened_on) = years.year and p.level = 'general'))::integer as built_general,
                (count(*) filter (where extract(year from s.opened_on) = years.year and p.level = 'township'))::integer as built_township,
                (count(*) filter (where extract(year from s.opened_on) = years.year and p.level = 'village'))::integer as built_village,
                (count(*) filter (where p.state = 'operating' and p.level = 'general'))::integer as general,
                (count(*) filter (where p.state = 'operating' and p.level = 'township'))::integer as township,
                (count(*) filter (where p.state = 'operating' and p.level = 'village'))::integer as village,
                (count(*) filter (where p.state = 'operating' and s.readiness = 0))::integer as rung0,
                (count(*) filter (where p.state = 'operating' and s.readiness = 1))::integer as rung1,
                (count(*) filter (where p.state = 'operating' and s.readiness = 2))::integer as rung2,
                (count(*) filter (where p.state = 'operating' and s.readiness = 3))::integer as rung3,
                (count(*) filter (where p.state = 'operating' and s.is_provincial_pilot))::integer as provincial,
                (count(*) filter (where p.state = 'operating' and s.is_governance_pilot))::integer as governance,
                (count(*) filter (where p.state = 'operating' and s.is_merged_area))::integer as merged
            from station_periods p
            join stations s on s.network_id = p.network_id and s.id = p.station_id
            where p.since <= ends.day and (p.until is null or p.until >= ends.day)
              and (bases.basis = 'then' and p.division_then = places.code or bases.basis = 'now' and p.division = places.code)
        ) as own
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

/// Ranks places among their siblings by built ÷ planned, and notes their median,
/// because the reach of a page hides siblings. Places without a plan have no rank.
async fn rank(tx: &mut Tx, chain: &[String]) -> Result<()> {
    sqlx::query!(
        "
        with rated as (
            select f.year, f.basis, f.division, f.parent,
                   (2 * (f.built[1] + f.built[2] + f.built[3]) * 10000 + p.planned) / (2 * p.planned) as bp
            from figures f
            cross join lateral (select f.planned[1] + f.planned[2] + f.planned[3] as planned) p
            where p.planned > 0 and f.parent = any($1)
        ), medians as (
            select year, basis, parent, percentile_disc(0.5) within group (order by bp) as median, count(*) as siblings
            from rated group by year, basis, parent
        ), ranked as (
            select rated.*, rank() over (partition by year, basis, parent order by bp desc) as place from rated
        )
        update figures set rank = ranked.place, siblings = medians.siblings, median_bp = medians.median
        from ranked join medians using (year, basis, parent)
        where figures.year = ranked.year and figures.basis = ranked.basis and figures.division = ranked.division
        ",
        chain,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
