//! Statements that compute the system's own figures for stations.

use std::collections::HashMap;

use crate::{
    db::Tx,
    features::{evaluation::evaluations::model::Figure, reporting::indicators::slot_of},
    kernel::{Day, Result, StationId},
};

/// The figures of stations for a year, or for the part of it so far: staff as of the year's
/// last day or today, reports due by then. Volumes come from approved reports of the station
/// and its rooms.
pub async fn figures(tx: &mut Tx, stations: &[StationId], year: i16) -> Result<HashMap<StationId, Figure>> {
    let day = tx.today().min(Day::end_of(year.into()));
    let ids: Vec<_> = stations.iter().map(|id| id.0).collect();
    let slot = |code: &str| i32::from(slot_of(code).unwrap_or(0));
    let rows = sqlx::query!(
        r#"
        select asked.id as "id!: StationId", staff.heads as "heads!", staff.certified as "certified!",
               staff.certificates as "certificates!", staff.registered as "registered!", staff.has_head as "has_head!",
               due.expected as "expected!", due.late as "late!", due.returned as "returned!",
               volumes.cases as "cases!", volumes.groups as "groups!", volumes.activities as "activities!",
               volumes.volunteers as "volunteers!",
               (select count(*) from projects p where asked.id = any (p.station_ids)
                  and p.state in ('contracted', 'active', 'midterm', 'final', 'accepted', 'closed')
                  and p.starts_on <= $2 and p.ends_on >= make_date($3, 1, 1)) as "projects!",
               (select count(*) from rectification_orders o where o.station_id = asked.id and o.issued_on <= $2
                  and o.position in ('ordered', 'planned', 'reported')) as "open_orders!"
        from unnest($1::uuid[]) as asked (id)
        cross join lateral (
            select count(distinct p.person_id) as heads,
                   count(distinct p.person_id) filter (where exists (
                       select from registrations r join certificates c on c.network_id = r.network_id and c.id = r.certificate_id
                       where r.network_id = p.network_id and r.person_id = p.person_id and c.level <> 'associate'
                         and valid_from <= $2 and valid_to >= $2)) as certified,
                   coalesce(sum(held.certificates), 0)::bigint as certificates,
                   coalesce(sum(held.registered), 0)::bigint as registered,
                   coalesce(bool_or(p.role = 'head'), false) as has_head
            from posts p
            cross join lateral (
                select count(*) as certificates,
                       count(*) filter (where exists (
                           select from registrations r where r.network_id = c.network_id and r.certificate_id = c.id
                             and valid_from <= $2 and valid_to >= $2)) as registered
                from certificates c
                where c.network_id = p.network_id and c.person_id = p.person_id and c.issued_on <= $2
            ) as held
            where p.station_id = asked.id and p.since <= $2 and (p.until is null or p.until >= $2)
        ) as staff
        cross join lateral (
            select count(*) as expected,
                   count(*) filter (where r.on_time is false or r.submitted_at is null) as late,
                   (select count(*) from report_steps s where s.network_id = stations.network_id and s.station_id = asked.id
                      and s.month >= make_date($3, 1, 1) and s.month <= $2 and s.act = 'return') as returned
            from stations
            left join (
                reports r join report_months m on m.network_id = r.network_id and m.month = r.month
                left join report_extensions x on x.network_id = r.network_id and x.station_id = r.station_id and x.month = r.month
            ) on r.network_id = stations.network_id and r.station_id = stations.id and r.expected
                and r.month >= make_date($3, 1, 1) and r.month <= $2
                and coalesce(x.extended_to, m.due_on) < $2
            where stations.id = asked.id and r.station_id is not null
            group by stations.network_id
            union all select 0, 0, 0
            order by 1 desc limit 1
        ) as due
        cross join lateral (
            select coalesce(sum(approved_vals[$4]), 0)::bigint as cases, coalesce(sum(approved_vals[$5]), 0)::bigint as groups,
                   coalesce(sum(approved_vals[$6]), 0)::bigint as activities,
                   coalesce(sum(approved_vals[$7]), 0)::bigint as volunteers
            from reports r join stations s on s.network_id = r.network_id and s.id = r.station_id
            where (s.id = asked.id or s.parent_id = asked.id and s.level = 'village') and r.edition > 0
              and r.month >= make_date($3, 1, 1) and r.month <= $2
        ) as volumes
        "#,
        &ids,
        day.0,
        i32::from(year),
        slot("case_new"),
        slot("group_new"),
        slot("activity_count"),
        slot("volunteers_new"),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let figure = Figure {
                certified: row.certified,
                heads: row.heads,
                heads_certified: row.certified,
                has_head: row.has_head,
                certificates: row.certificates,
                registered: row.registered,
                expected: row.expected,
                late: row.late,
                returned: row.returned,
                cases: row.cases,
                groups: row.groups,
                activities: row.activities,
                volunteers: row.volunteers,
                projects: row.projects,
                open_orders: row.open_orders,
            };
            (row.id, figure)
        })
        .collect())
}
