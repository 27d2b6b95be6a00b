//! Statements that read the stored sums of places.

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    kernel::{DivisionCode, Listed, Month, Paging, Result},
};

/// A place's sums for a month. Arrays of three are indexed by general, township, village.
#[derive(Clone, Debug)]
pub struct Rollup {
    pub month: Month,
    pub expected: Vec<i32>,
    pub received: Vec<i32>,
    pub on_time: Vec<i32>,
    pub approved: Vec<i32>,
    pub vals: Vec<Option<i64>>,
    pub parts: Vec<Option<i64>>,
    pub rank: Option<i32>,
    pub siblings: Option<i32>,
    pub median_bp: Option<i32>,
    pub computed_at: DateTime<Utc>,
}

/// A place's sums from one month to another, newest first.
pub async fn of_place(tx: &mut Tx, code: &DivisionCode, from: Month, to: Month) -> Result<Vec<Rollup>> {
    let rows = sqlx::query_as!(
        Rollup,
        r#"
        select month as "month: Month", expected, received, on_time, approved, vals as "vals!: Vec<Option<i64>>",
               parts as "parts!: Vec<Option<i64>>", rank, siblings, median_bp, computed_at
        from report_rollups where division = $1 and month between $2 and $3 order by month desc
        "#,
        code.as_str(),
        from.first().0,
        to.first().0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A place directly below another, with its sums for the month.
#[derive(Debug)]
pub struct Child {
    pub code: DivisionCode,
    pub name: String,
    pub expected: Vec<i32>,
    pub received: Vec<i32>,
    pub on_time: Vec<i32>,
    pub approved: Vec<i32>,
    pub vals: Vec<Option<i64>>,
    pub total: i64,
}

pub async fn children(tx: &mut Tx, parent: &DivisionCode, month: Month, paging: Paging) -> Result<Listed<Child>> {
    let rows = all_children(tx, parent, month, paging.size(), paging.offset()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

pub async fn all_children(
    tx: &mut Tx,
    parent: &DivisionCode,
    month: Month,
    limit: i64,
    offset: i64,
) -> Result<Vec<Child>> {
    let rows = sqlx::query_as!(
        Child,
        r#"
        select divisions.code as "code!: DivisionCode",
               coalesce(former.name, divisions.name) as "name!",
               expected, received, on_time, approved, vals as "vals!: Vec<Option<i64>>", count(*) over () as "total!"
        from report_rollups
        join divisions on divisions.network_id = report_rollups.network_id and divisions.code = report_rollups.division
        left join lateral (
            select name from division_names
            where division_names.network_id = divisions.network_id and division_names.code = divisions.code
              and division_names.until >= $3
            order by division_names.until limit 1
        ) as former on true
        where report_rollups.parent = $1 and month = $2
          and expected[1] + expected[2] + expected[3] + approved[1] + approved[2] + approved[3] > 0
        order by report_rollups.division limit $4 offset $5
        "#,
        parent.as_str(),
        month.first().0,
        month.last().0,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A report that belongs to a place directly, not to one below it.
#[derive(Debug)]
pub struct Own {
    pub station: crate::kernel::StationId,
    pub name: String,
    pub expected: bool,
    pub received: bool,
    pub on_time: bool,
    pub approved: bool,
    pub vals: Vec<Option<i64>>,
}

/// Reports of stations that were in the place itself (a general station) or, for a township, also
/// in its villages, as far as they are within reach now.
pub async fn own(tx: &mut Tx, code: &DivisionCode, month: Month) -> Result<Vec<Own>> {
    // A township's range includes its villages; otherwise it is the code alone, as no code sorts
    // between it and the code followed by a blank.
    let end = if code.as_str().len() == 9 { code.end() } else { format!("{code} ") };
    let rows = sqlx::query_as!(
        Own,
        r#"
        select r.station_id as "station: crate::kernel::StationId", stations.name, r.expected,
               r.submitted_at is not null as "received!", coalesce(r.on_time, false) as "on_time!",
               r.approved_at is not null as "approved!", coalesce(r.approved_vals, '{}') as "vals!: Vec<Option<i64>>"
        from reports r
        join stations on stations.network_id = r.network_id and stations.id = r.station_id
        where r.month = $1 and (r.expected or r.approved_at is not null)
          and r.division_then >= $2 and r.division_then < $3
        order by stations.level, stations.code limit 500
        "#,
        month.first().0,
        code.as_str(),
        end,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
