//! Statements behind final grades, and the payments and contracts they hold back.

use sqlx::types::Json;

use crate::{
    db::Tx,
    kernel::{AgencyId, EvaluationId, Points, ProjectId, Result, StationId},
};

/// A final grade to be saved.
#[derive(Clone, Debug)]
pub struct NewGrade {
    pub evaluation: EvaluationId,
    pub station: StationId,
    pub station_name: String,
    pub round_name: String,
    pub year: i16,
    pub grade: String,
    pub total: Option<Points>,
    /// True if it is the lowest grade of its round.
    pub is_failed: bool,
    /// What the round holds back from stations with the lowest grade: payments, contracts.
    pub holds: (bool, bool),
}

pub async fn put_grades(tx: &mut Tx, grades: &[NewGrade]) -> Result<()> {
    let now = tx.now();
    let rows: Vec<_> = grades
        .iter()
        .map(|grade| {
            serde_json::json!({
                "evaluation_id": grade.evaluation, "station_id": grade.station, "station_name": grade.station_name,
                "round_name": grade.round_name, "year": grade.year, "grade": grade.grade, "total": grade.total,
                "is_failed": grade.is_failed, "holds_payment": grade.is_failed && grade.holds.0,
                "holds_renewal": grade.is_failed && grade.holds.1,
            })
        })
        .collect();
    sqlx::query!(
        "
        insert into station_grades (evaluation_id, station_id, station_name, round_name, year, grade, total, is_failed,
            holds_payment, holds_renewal, finalized_at)
        select evaluation_id, station_id, station_name, round_name, year, grade, total, is_failed, holds_payment, holds_renewal, $2
        from jsonb_to_recordset($1) as t (evaluation_id uuid, station_id uuid, station_name text, round_name text,
            year smallint, grade text, total bigint, is_failed boolean, holds_payment boolean, holds_renewal boolean)
        ",
        Json(rows) as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The final grade of an evaluation, with the number of orders it led to.
#[derive(Clone, Debug)]
pub struct PastGrade {
    pub evaluation: EvaluationId,
    pub grade: String,
    pub is_failed: bool,
    pub orders: i16,
    pub open_orders: i16,
}

/// The final grades of these evaluations.
pub async fn grades(tx: &mut Tx, of: &[EvaluationId]) -> Result<Vec<PastGrade>> {
    let ids: Vec<_> = of.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        PastGrade,
        r#"
        select evaluation_id as "evaluation: EvaluationId", grade, is_failed, orders, open_orders
        from station_grades where evaluation_id = any($1)
        "#,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What a station's grade holds back, and in words why and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub payment: bool,
    pub renewal: bool,
    pub why: String,
}

/// What the latest grades of a project's stations hold back from it. The lowest grade holds back
/// until all its orders are closed. It holds payments of projects that ran in the year of the
/// grade, and contracts that are renewals: the agency carried out another project at the station in
/// that year.
pub async fn holds(
    tx: &mut Tx,
    project: ProjectId,
    stations: &[StationId],
    agency: Option<AgencyId>,
) -> Result<Vec<Held>> {
    let ids: Vec<_> = stations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"
        select station_name, round_name, grade, orders, open_orders,
               holds_payment and exists (
                   select from projects p
                   where p.network_id = latest.network_id and p.id = $2
                     and p.starts_on <= make_date(latest.year, 12, 31) and p.ends_on >= make_date(latest.year, 1, 1)
               ) as "holds_payment!",
               holds_renewal and exists (
                   select from projects p
                   where p.network_id = latest.network_id and p.id <> $2 and p.agency_id = $3 and latest.station_id = any (p.station_ids)
                     and p.starts_on <= make_date(latest.year, 12, 31) and p.ends_on >= make_date(latest.year, 1, 1)
                     and p.state not in ('planned', 'filed', 'procuring')
               ) as "holds_renewal!"
        from (
            select distinct on (station_id) * from station_grades where station_id = any($1)
            order by station_id, year desc, finalized_at desc
        ) as latest
        where is_failed and (holds_payment or holds_renewal) and (orders = 0 or open_orders > 0)
        order by station_name
        "#,
        &ids,
        project.0,
        agency.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .filter(|row| row.holds_payment || row.holds_renewal)
        .map(|row| {
            let mend = if row.orders == 0 {
                "还没有下达整改".to_owned()
            } else {
                format!("{} 条整改还有 {} 条没有销号", row.orders, row.open_orders)
            };
            Held {
                payment: row.holds_payment,
                renewal: row.holds_renewal,
                why: format!("{}在{}中评为「{}」，{mend}", row.station_name, row.round_name, row.grade),
            }
        })
        .collect())
}
