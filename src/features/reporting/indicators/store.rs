//! Statements behind the versions of indicators and forms.

use serde::Deserialize;
use sqlx::types::Json;

use super::model::{Aggregation, Indicator, SLOTS, Section, Sheet, shipped, shipped_form};
use crate::{
    db::{AtField, Tx},
    features::places::stations::StationLevel,
    kernel::{Day, Error, Month, Result},
};

#[derive(Debug, Deserialize)]
struct VersionRow {
    slot: i16,
    code: String,
    name: String,
    unit: String,
    aggregation: Aggregation,
    scale: u32,
    section: Section,
    definition: String,
    by_domain: bool,
    by_category: bool,
    most: i64,
    is_retired: bool,
}

#[derive(Debug, Deserialize)]
struct FormRow {
    level: StationLevel,
    slots: Vec<i16>,
}

impl From<VersionRow> for Indicator {
    fn from(row: VersionRow) -> Self {
        Self {
            slot: row.slot,
            code: row.code,
            name: row.name,
            unit: row.unit,
            aggregation: row.aggregation,
            scale: row.scale,
            section: row.section,
            definition: row.definition,
            by_domain: row.by_domain,
            by_category: row.by_category,
            most: row.most,
            is_retired: row.is_retired,
        }
    }
}

/// The dictionary and all forms in force in a month.
pub async fn sheet(tx: &mut Tx, month: Month) -> Result<Sheet> {
    let row = sqlx::query!(
        r#"
        select coalesce((
                   select json_agg(v) from (
                       select distinct on (slot) slot, code, name, unit, aggregation, scale, section, definition, by_domain,
                              by_category, most, is_retired
                       from indicator_versions where since <= $1 order by slot, since desc) as v), '[]')
                   as "versions!: Json<Vec<VersionRow>>",
               coalesce((
                   select json_agg(f) from (
                       select distinct on (level) level, slots from form_versions where since <= $1
                       order by level, since desc) as f), '[]') as "forms!: Json<Vec<FormRow>>"
        "#,
        month.first().0,
    )
    .fetch_one(tx.conn())
    .await?;
    let mut indicators = shipped();
    for version in row.versions.0 {
        let new = Indicator::from(version);
        match indicators.iter_mut().find(|old| old.slot == new.slot) {
            Some(old) => *old = new,
            None => indicators.push(new),
        }
    }
    let set = row.forms.0;
    let forms = StationLevel::ALL.iter().map(|level| {
        let own = set.iter().find(|form| form.level == *level).map(|form| form.slots.clone());
        (*level, own.unwrap_or_else(|| shipped_form(*level)))
    });
    Ok(Sheet::new(month, indicators, forms.collect()))
}

/// The dictionary in force now, for views that span many months.
pub async fn sheet_for_all(tx: &mut Tx) -> Result<Sheet> {
    let month = tx.today().month();
    sheet(tx, month).await
}

/// The dictionary with all planned changes: the newest version of each indicator.
pub async fn sheet_to_come(tx: &mut Tx) -> Result<Sheet> {
    let far = tx.today().month().plus(1200);
    sheet(tx, far).await
}

/// A version of an indicator, in force from a month on.
#[derive(Debug)]
pub struct Version {
    pub since: Month,
    pub indicator: Indicator,
    pub by: String,
}

/// The network's versions of an indicator, newest first.
pub async fn versions(tx: &mut Tx, slot: i16) -> Result<Vec<Version>> {
    let rows = sqlx::query!(
        r#"
        select since as "since: Month", code, name, unit, aggregation as "aggregation: Aggregation", scale,
               section as "section: Section", definition, by_domain, by_category, most, is_retired, changed_by
        from indicator_versions where slot = $1 order by since desc
        "#,
        slot,
    )
    .fetch_all(tx.conn())
    .await?;
    let versions = rows.into_iter().map(|row| Version {
        since: row.since,
        indicator: Indicator {
            slot,
            code: row.code,
            name: row.name,
            unit: row.unit,
            aggregation: row.aggregation,
            scale: u32::try_from(row.scale).unwrap_or(0),
            section: row.section,
            definition: row.definition,
            by_domain: row.by_domain,
            by_category: row.by_category,
            most: row.most,
            is_retired: row.is_retired,
        },
        by: row.changed_by,
    });
    Ok(versions.collect())
}

/// The next free slot for an indicator of the network.
pub async fn next_slot(tx: &mut Tx) -> Result<i16> {
    let last = sqlx::query_scalar!(r#"select coalesce(max(slot), 100::smallint) as "last!" from indicator_versions"#)
        .fetch_one(tx.conn())
        .await?;
    let next = last.max(100) + 1;
    if next <= SLOTS {
        Ok(next)
    } else {
        Err(Error::refused("自定义指标已经到 100 个的上限，不能再增加。请停用或改用已有的指标。"))
    }
}

/// Saves a version in force from a month on; replaces one that begins in the same month.
pub async fn keep(tx: &mut Tx, since: Month, indicator: &Indicator) -> Result<()> {
    let by = tx.scope().actor.clone();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into indicator_versions (slot, since, code, name, unit, aggregation, scale, section, definition,
            by_domain, by_category, most, is_retired, changed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (network_id, slot, since) do update
        set name = excluded.name, unit = excluded.unit, section = excluded.section, definition = excluded.definition,
            by_domain = excluded.by_domain, by_category = excluded.by_category, most = excluded.most,
            is_retired = excluded.is_retired, changed_by = excluded.changed_by
        ",
        indicator.slot,
        since.first().0,
        indicator.code,
        indicator.name,
        indicator.unit,
        indicator.aggregation.as_str(),
        i16::try_from(indicator.scale).unwrap_or(0),
        indicator.section.as_str(),
        indicator.definition,
        indicator.by_domain,
        indicator.by_category,
        indicator.most,
        indicator.is_retired,
        by,
    )
    .execute(&mut *point)
    .await
    .at_field(&[("indicator_versions_code_once", "code", "这个代码已经有别的指标用了，请换一个。")])?;
    point.commit().await?;
    Ok(())
}

/// Sets the indicators on a level's form from a month on.
pub async fn keep_form(tx: &mut Tx, level: StationLevel, since: Month, slots: &[i16]) -> Result<()> {
    let by = tx.scope().actor.clone();
    sqlx::query!(
        "
        insert into form_versions (level, since, slots, changed_by) values ($1, $2, $3, $4)
        on conflict (network_id, level, since) do update set slots = excluded.slots, changed_by = excluded.changed_by
        ",
        level.as_str(),
        since.first().0,
        slots,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Months in which a level's form changed, newest first.
pub async fn form_months(tx: &mut Tx, level: StationLevel) -> Result<Vec<(Month, String)>> {
    let rows = sqlx::query!(
        r#"select since as "since: Day", changed_by from form_versions where level = $1 order by since desc"#,
        level.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.since.month(), row.changed_by)).collect())
}
