//! Statements behind the monthly figures of deliverables, and the daily job that fills them.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::{
    db::Tx,
    features::purchasing::projects::Project,
    kernel::{Day, Month, ProjectId, Result},
};

/// The daily job that copies figures from approved reports.
pub const TAKE: &str = "projects.take_reports";

/// A deliverable's figures for one month.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    pub seq: i16,
    pub month: Day,
    pub done: i64,
    pub counted: i64,
    pub source: String,
    pub words: String,
}

/// Totals done and counted of a deliverable over all months.
pub fn sums(done: &[Done], seq: i16) -> (i64, i64) {
    let of = done.iter().filter(|row| row.seq == seq);
    of.fold((0, 0), |(done, counted), row| (done + row.done, counted + row.counted))
}

/// All months of an open project.
pub async fn months(tx: &mut Tx, project: ProjectId) -> Result<Vec<Done>> {
    let row = sqlx::query_scalar!(
        r#"
        select coalesce(jsonb_agg(to_jsonb(t) order by month, seq), '[]') as "done!: Json<Vec<Done>>"
        from deliverable_months t where project_id = $1
        "#,
        project.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.0)
}

/// Saves a month's figures entered by hand, replacing what was there. Each row: number, done,
/// counted, note.
pub async fn note(tx: &mut Tx, project: &Project, month: Month, rows: &[(i16, i64, i64, String)]) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let seqs: Vec<i16> = rows.iter().map(|row| row.0).collect();
    let done: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let counted: Vec<i64> = rows.iter().map(|row| row.2).collect();
    let words: Vec<String> = rows.iter().map(|row| row.3.clone()).collect();
    sqlx::query!(
        "
        insert into deliverable_months (project_id, division, seq, month, done, counted, source, words, noted_by, noted_at)
        select $1, $2, seq, $3, done, counted, 'typed', words, $8, $9
        from unnest($4::smallint[], $5::bigint[], $6::bigint[], $7::text[]) as t (seq, done, counted, words)
        on conflict (network_id, project_id, seq, month) do update
        set done = excluded.done, counted = excluded.counted, words = excluded.words, noted_by = excluded.noted_by,
            noted_at = excluded.noted_at,
            source = case when deliverable_months.source = 'reports' and deliverable_months.done = excluded.done
                then 'reports' else 'typed' end
        ",
        project.id.0,
        project.division.as_str(),
        month.first().0,
        &seqs,
        &done,
        &counted,
        &words,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the month's figures of these deliverables. Returns the numbers of the rows deleted.
pub async fn clear(tx: &mut Tx, project: &Project, month: Month, seqs: &[i16]) -> Result<Vec<i16>> {
    let cleared = sqlx::query_scalar!(
        "delete from deliverable_months where project_id = $1 and month = $2 and seq = any($3) returning seq",
        project.id.0,
        month.first().0,
        seqs,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(cleared)
}

/// The daily job: for every running project, copies the approved figures of its stations and their
/// rooms for the months of its term. Figures entered by hand stay. Everything done counts, except
/// where the contract sets a minimum: there the count entered by hand stays, capped at what was
/// done.
pub async fn take_all(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "
        insert into deliverable_months (project_id, division, seq, month, done, counted, source, noted_by, noted_at)
        select p.id, p.division, d.seq, r.month, sum(coalesce(r.approved_vals[d.slot], 0)),
               case when d.least_sessions is null and d.least_people is null
                   then sum(coalesce(r.approved_vals[d.slot], 0)) else 0 end,
               'reports', '月报', $1
        from projects p
        join deliverables d on d.network_id = p.network_id and d.project_id = p.id and d.slot is not null
        join stations s on s.network_id = p.network_id and (s.id = any (p.station_ids) or s.parent_id = any (p.station_ids))
        join reports r on r.network_id = s.network_id and r.station_id = s.id
            and r.month >= date_trunc('month', p.starts_on)::date and r.month <= p.ends_on and r.approved_vals is not null
        where p.state in ('active', 'midterm', 'final', 'accepted')
        group by p.network_id, p.id, p.division, d.seq, d.least_sessions, d.least_people, r.month
        on conflict (network_id, project_id, seq, month) do update
        set done = excluded.done,
            counted = case when excluded.counted = excluded.done then excluded.done
                else least(deliverable_months.counted, excluded.done) end,
            noted_at = excluded.noted_at
        where deliverable_months.source = 'reports' and deliverable_months.done <> excluded.done
        ",
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
