//! Statements that count the staff of a place and those below it on a day.

use crate::{
    db::Tx,
    features::people::certificates::Level,
    kernel::{AgencyId, Day, DivisionCode, Result},
};

/// An agency's full-time staff within reach today, and how many of them have a certificate.
pub async fn of_agency(tx: &mut Tx, agency: AgencyId) -> Result<(i64, i64)> {
    let today = tx.today();
    let row = sqlx::query!(
        r#"
        select count(*) as "heads!", count(*) filter (where exists (
                   select from certificates where certificates.network_id = persons.network_id
                     and certificates.person_id = persons.id and issued_on <= $2)) as "certified!"
        from persons
        where agency_id = $1 and exists (
            select from posts where posts.network_id = persons.network_id and posts.person_id = persons.id
              and is_full_time and since <= $2 and (until is null or until >= $2))
        "#,
        agency.0,
        today.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.heads, row.certified))
}

/// Staff of a place on a day. A person with posts at two stations of the place counts once.
#[derive(Clone, Debug)]
pub struct Count {
    pub code: DivisionCode,
    /// Stations that ran that day, without rooms; the next field counts those with two certified
    /// workers.
    pub stations: i64,
    pub stations_of_two: i64,
    pub heads: i64,
    pub full_time: i64,
    /// With a certificate of any level by that day; the next field: with a valid one.
    pub certified: i64,
    pub valid: i64,
}

/// Counts for each of these divisions, in the given order, by where stations were on that day.
pub async fn counts(tx: &mut Tx, codes: &[String], day: Day) -> Result<Vec<Count>> {
    let counts = sqlx::query_as!(
        Count,
        r#"
        with lying as (
            select codes.code, codes.at, periods.station_id, periods.level
            from unnest($1::text[]) with ordinality as codes (code, at)
            join station_periods as periods on periods.division_then >= codes.code
                and periods.division_then < codes.code || '~'
            where periods.since <= $2 and (periods.until is null or periods.until >= $2) and periods.state = 'operating'
        ), standing as (
            select lying.code, lying.station_id, lying.level, posts.person_id, posts.is_full_time,
                   exists (
                       select from certificates
                       where certificates.network_id = posts.network_id and certificates.person_id = posts.person_id
                         and issued_on <= $2) as certified,
                   exists (
                       select from registrations
                       where registrations.network_id = posts.network_id
                         and registrations.person_id = posts.person_id and valid_from <= $2 and valid_to >= $2) as valid,
                   exists (
                       select from registrations
                       join certificates on certificates.network_id = registrations.network_id
                           and certificates.id = registrations.certificate_id
                       where registrations.network_id = posts.network_id
                         and registrations.person_id = posts.person_id and valid_from <= $2 and valid_to >= $2
                         and certificates.level <> 'associate') as counts
            from lying
            join posts on posts.station_id = lying.station_id
            where posts.since <= $2 and (posts.until is null or posts.until >= $2)
        ), left_us as (
            -- Stations that moved out of reach since: their numbers of that month.
            select codes.code, count(*) filter (where counts_for_two) as stations,
                   count(*) filter (where counts_for_two and of_two >= 2) as twos, sum(heads) as heads,
                   sum(full_time) as full_time, sum(certified) as certified, sum(valid) as valid
            from unnest($1::text[]) as codes (code)
            join former_staff on division >= codes.code and division < codes.code || '~'
            where month_end = $2
              and not exists (
                  select from stations
                  where stations.network_id = former_staff.network_id and stations.id = former_staff.station_id)
            group by codes.code
        ), twos as (
            select code, count(*) as stations from (
                select code, station_id from standing where counts and level <> 'village'
                group by code, station_id having count(distinct person_id) >= 2
            ) as enough group by code
        )
        select codes.code as "code!: DivisionCode",
               (select count(*) from lying where lying.code = codes.code and level <> 'village')
                   + coalesce(max(left_us.stations), 0) as "stations!",
               coalesce((select stations from twos where twos.code = codes.code), 0)
                   + coalesce(max(left_us.twos), 0) as "stations_of_two!",
               count(distinct person_id) + coalesce(max(left_us.heads), 0) as "heads!",
               count(distinct person_id) filter (where is_full_time) + coalesce(max(left_us.full_time), 0) as "full_time!",
               count(distinct person_id) filter (where standing.certified)
                   + coalesce(max(left_us.certified), 0) as "certified!",
               count(distinct person_id) filter (where standing.valid) + coalesce(max(left_us.valid), 0) as "valid!"
        from unnest($1::text[]) with ordinality as codes (code, at)
        left join standing on standing.code = codes.code
        left join left_us on left_us.code = codes.code
        group by codes.code, codes.at order by codes.at
        "#,
        codes,
        day.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(counts)
}

/// Persons with a post on a day, by the level of their highest certificate.
pub async fn by_level(tx: &mut Tx, within: &DivisionCode, day: Day) -> Result<Vec<(Level, i64)>> {
    let rows = sqlx::query!(
        r#"
        select best.level as "level!: Level", count(*) as "count!"
        from (
            select distinct posts.network_id, posts.person_id from posts
            join station_periods as periods on periods.network_id = posts.network_id
                and periods.station_id = posts.station_id
            where periods.division_then >= $1 and periods.division_then < $2 and periods.state = 'operating'
              and periods.since <= $3 and (periods.until is null or periods.until >= $3)
              and posts.since <= $3 and (posts.until is null or posts.until >= $3)
        ) as posts
        join lateral (
            select level from certificates
            where certificates.network_id = posts.network_id and certificates.person_id = posts.person_id
              and issued_on <= $3
            order by array_position(array['senior', 'intermediate', 'assistant', 'associate'], level) limit 1
        ) as best on true
        group by best.level
        "#,
        within.as_str(),
        within.end(),
        day.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.level, row.count)).collect())
}

/// Number of valid registrations that end in a month with none to follow.
#[derive(Debug)]
pub struct Lapsing {
    pub month: String,
    pub count: i64,
}

/// Registrations that end between today and `until`, by month, of persons with a post today.
pub async fn lapsing(tx: &mut Tx, within: &DivisionCode, until: Day) -> Result<Vec<Lapsing>> {
    let today = tx.today();
    let months = sqlx::query_as!(
        Lapsing,
        r#"
        select to_char(last, 'YYYY-MM') as "month!", count(*) as "count!"
        from (
            select posts.person_id, max(valid_to) as last
            from (
                select distinct network_id, person_id from posts
                where division >= $1 and division < $2 and since <= $3 and (until is null or until >= $3)
            ) as posts
            join registrations on registrations.network_id = posts.network_id
                and registrations.person_id = posts.person_id
            where valid_to is not null group by posts.person_id
        ) as ends
        where last between $3 and $4 group by 1 order by 1
        "#,
        within.as_str(),
        within.end(),
        today.0,
        until.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(months)
}
