//! Statements that write a report apart from its steps: content, assigned sections, files, deadline
//! extensions.

use std::collections::BTreeMap;

use sqlx::types::Json;

use super::{Report, find};
use crate::{
    db::Tx,
    features::reporting::{
        indicators::{Form, Section},
        reports::model::Content,
    },
    kernel::{AccountId, Day, FileId, Month, Result, StationId},
};

/// Saves the content while the report is with its author; the first save creates the report.
/// Returns `false` and changes nothing if somebody saved after version `report.version`.
pub async fn save(tx: &mut Tx, report: &Report, content: &Content, form: &Form) -> Result<bool> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let (filled, asked) = content.progress(form);
    let count = |n: usize| i16::try_from(n).unwrap_or(i16::MAX);
    let na: Vec<i16> = content.na.iter().copied().collect();
    let saved = sqlx::query!(
        "
        insert into reports (station_id, month, division, division_then, level, route, vals, na, parts, unread, texts,
            notes, filled, asked, saved_at, saved_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        on conflict (network_id, station_id, month) do update
        set vals = excluded.vals, na = excluded.na, parts = excluded.parts, unread = excluded.unread,
            texts = excluded.texts, notes = excluded.notes, filled = excluded.filled, asked = excluded.asked,
            saved_at = excluded.saved_at, saved_by = excluded.saved_by, version = reports.version + 1
        where reports.version = $17 and reports.state in ('draft', 'returned', 'amending')
        ",
        report.station.0,
        report.month.first().0,
        report.division.as_str(),
        report.division_then.as_str(),
        report.level.as_str(),
        report.route.as_str(),
        &content.vals as &[Option<i64>],
        &na,
        &content.parts as &[Option<i64>],
        Json(&content.unread) as _,
        Json(&content.texts) as _,
        Json(&content.notes) as _,
        count(filled),
        count(asked),
        now,
        by,
        report.version,
    )
    .execute(tx.conn())
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Values the staff register gives for a station at the end of a month, by slot.
pub async fn known(tx: &mut Tx, station: StationId, month: Month) -> Result<BTreeMap<i16, i64>> {
    Ok(find(tx, station, month).await?.known)
}

/// Creates a report with its first content.
pub async fn begin(tx: &mut Tx, station: StationId, month: Month, content: &Content, form: &Form) -> Result<()> {
    let report = find(tx, station, month).await?;
    save(tx, &report, content, form).await.map(|_| ())
}

/// Workers of a station: accounts to which sections of its form can be assigned.
pub async fn workers(tx: &mut Tx, station: StationId) -> Result<Vec<(AccountId, String)>> {
    let today = tx.today();
    let rows = sqlx::query!(
        r#"
        select distinct accounts.id as "id: AccountId", accounts.display_name
        from grants
        join grant_stations on grant_stations.network_id = grants.network_id and grant_stations.grant_id = grants.id
        join accounts on accounts.network_id = grants.network_id and accounts.id = grants.account_id
        where grant_stations.station_id = $1 and grants.role = 'social_worker' and grants.ended_at is null
          and grants.since <= $2 and (grants.until is null or grants.until >= $2) and accounts.left_at is null
        order by accounts.display_name, 1 limit 50
        "#,
        station.0,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.display_name)).collect())
}

/// Assigns sections of a station's form to workers; all others go back to the head.
pub async fn hand_out(tx: &mut Tx, report: &Report, hands: &[(Section, AccountId)]) -> Result<()> {
    sqlx::query!("delete from report_hands where station_id = $1", report.station.0).execute(tx.conn()).await?;
    let sections: Vec<String> = hands.iter().map(|(section, _)| section.as_str().to_owned()).collect();
    let accounts: Vec<_> = hands.iter().map(|(_, account)| account.0).collect();
    sqlx::query!(
        "
        insert into report_hands (station_id, section, division, account_id)
        select $1, section, $2, account from unnest($3::text[], $4::uuid[]) as hand (section, account)
        ",
        report.station.0,
        report.division.as_str(),
        &sections,
        &accounts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Extends a station's deadline for a month.
pub async fn extend(tx: &mut Tx, report: &Report, to: Day, reason: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into report_extensions (station_id, month, division, extended_to, reason, granted_by, granted_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (network_id, station_id, month) do update
        set extended_to = excluded.extended_to, reason = excluded.reason, granted_by = excluded.granted_by,
            granted_at = excluded.granted_at
        ",
        report.station.0,
        report.month.first().0,
        report.division.as_str(),
        to.0,
        reason,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn attach(tx: &mut Tx, report: &Report, file: FileId, name: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into report_files (station_id, month, file_id, division, name, added_by, added_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        ",
        report.station.0,
        report.month.first().0,
        file.0,
        report.division.as_str(),
        name,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn detach(tx: &mut Tx, report: &Report, file: FileId) -> Result<()> {
    sqlx::query!(
        "delete from report_files where station_id = $1 and month = $2 and file_id = $3",
        report.station.0,
        report.month.first().0,
        file.0,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
