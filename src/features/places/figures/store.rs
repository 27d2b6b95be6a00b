//! Statements that read stored figures, for one place and for its children.

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    kernel::{DivisionCode, Level, Listed, Paging, Result},
    words,
};

words! {
    /// Counts a station where it was at the end of a year, or where it is today.
    Basis {
        Then = "then", "当时";
        Now = "now", "现在";
    }
}

/// A place's figures for a year. Arrays of three are by level: general, township, village.
/// `readiness` counts operating stations by rung, 0 to 3, at their present rung; `townships` and
/// `villages` hold the total, those with their own station, and those covered by a neighbour's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub year: i32,
    pub planned: Vec<i32>,
    pub built: Vec<i32>,
    pub operating: Vec<i32>,
    pub readiness: Vec<i32>,
    pub provincial_pilots: i32,
    pub governance_pilots: i32,
    pub merged_areas: i32,
    pub townships: Vec<i32>,
    pub villages: Vec<i32>,
    pub rank: Option<i32>,
    pub siblings: Option<i32>,
    pub median_bp: Option<i32>,
    pub computed_at: DateTime<Utc>,
}

/// A place's figures for all years, newest first.
pub async fn of_place(tx: &mut Tx, code: &DivisionCode, basis: Basis) -> Result<Vec<Figures>> {
    let figures = sqlx::query_as!(
        Figures,
        "
        select year, planned, built, operating, readiness, provincial_pilots, governance_pilots, merged_areas,
               townships, villages, rank, siblings, median_bp, computed_at
        from figures where division = $1 and basis = $2 order by year desc
        ",
        code.as_str(),
        basis.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(figures)
}

/// A direct child of a place, with its figures for a year.
#[derive(Debug)]
pub struct Child {
    pub code: DivisionCode,
    pub name: String,
    pub level: Level,
    pub ended: bool,
    pub planned: Vec<i32>,
    pub built: Vec<i32>,
    pub operating: Vec<i32>,
    pub readiness: Vec<i32>,
    pub townships: Vec<i32>,
    pub villages: Vec<i32>,
    pub provincial_pilots: i32,
    pub governance_pilots: i32,
    pub rank: Option<i32>,
    /// Over all children, not only those on this page: planned and built in total.
    pub all_planned: i64,
    pub all_built: i64,
    pub all_operating: i64,
    pub total: i64,
}

pub async fn children(
    tx: &mut Tx,
    parent: &DivisionCode,
    year: i32,
    basis: Basis,
    paging: Paging,
) -> Result<Listed<Child>> {
    let rows = sqlx::query_as!(
        Child,
        r#"
        select divisions.code as "code!: DivisionCode", coalesce(case when $3 = 'then' then former.name end, divisions.name) as "name!",
               divisions.level as "level!: Level",
               divisions.until is not null as "ended!",
               planned, built, operating, readiness, townships, villages, provincial_pilots, governance_pilots, rank,
               sum(planned[1] + planned[2] + planned[3]) over () as "all_planned!",
               sum(built[1] + built[2] + built[3]) over () as "all_built!",
               sum(operating[1] + operating[2] + operating[3]) over () as "all_operating!",
               count(*) over () as "total!"
        from figures
        join divisions on divisions.network_id = figures.network_id and divisions.code = figures.division
        left join lateral (
            select name from division_names
            where division_names.network_id = divisions.network_id and division_names.code = divisions.code
              and division_names.until >= make_date($2, 12, 31)
            order by division_names.until limit 1
        ) as former on true
        where figures.parent = $1 and year = $2 and basis = $3
        order by figures.division limit $4 offset $5
        "#,
        parent.as_str(),
        year,
        basis.as_str(),
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}
