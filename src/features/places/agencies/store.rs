//! Statements behind the register of agencies, its inspections and its lists of choices.

use serde::{Deserialize, Serialize};

use super::model::{Agency, Domain, Eligibility, Grade, Inspection, Standing};
use crate::{
    db::{AtField, Tx},
    kernel::{AgencyId, Day, Error, Listed, Paging, Result},
};

const CONSTRAINTS: [(&str, &str, &str); 2] = [
    ("agencies_name_once", "name", "名册里已经有这个名称的机构。"),
    ("agencies_credit_code_once", "credit_code", "名册里已经有这个统一社会信用代码，请核对是不是同一家机构。"),
];

/// A filter on the register; blank fields match everything.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub standing: String,
    pub grade: String,
    pub domain: String,
}

pub async fn rows(tx: &mut Tx, filter: &Filter, limit: i64, offset: i64) -> Result<Vec<Agency>> {
    let rows = sqlx::query_as!(
        Agency,
        r#"
        select agencies.id as "id: AgencyId", name, credit_code, legal_person, grade as "grade: Grade",
               founded_on as "founded_on: Day", registered_with, domains as "domains: Vec<Domain>", contact, phone,
               status as "standing: Standing", status_reason as standing_reason, version,
               (select count(*) from stations
                where stations.network_id = agencies.network_id and stations.agency_id = agencies.id
                  and stations.state <> 'closed') as "stations!"
        from agencies
        where ($1 = '' or strpos(name, $1) > 0 or strpos(credit_code, upper($1)) > 0 or strpos(legal_person, $1) > 0)
          and ($2 = '' or status = $2) and ($3 = '' or grade = $3) and ($4 = '' or $4 = any(domains))
        order by name collate zh limit $5 offset $6
        "#,
        filter.q.trim(),
        filter.standing,
        filter.grade,
        filter.domain,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

pub async fn page(tx: &mut Tx, filter: &Filter, paging: Paging) -> Result<Listed<Agency>> {
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from agencies
        where ($1 = '' or strpos(name, $1) > 0 or strpos(credit_code, upper($1)) > 0 or strpos(legal_person, $1) > 0)
          and ($2 = '' or status = $2) and ($3 = '' or grade = $3) and ($4 = '' or $4 = any(domains))
        "#,
        filter.q.trim(),
        filter.standing,
        filter.grade,
        filter.domain,
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = rows(tx, filter, paging.size(), paging.offset()).await?;
    Ok(Listed { rows, total, paging })
}

/// Agencies that may take on work, by name; `keep` is the one that already has it, whatever its
/// standing.
pub async fn choices(tx: &mut Tx, keep: Option<AgencyId>) -> Result<Vec<(AgencyId, String)>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: AgencyId", name from agencies where status = 'active' or id = $1
        order by name collate zh
        "#,
        keep.map(|id| id.0),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

pub async fn find(tx: &mut Tx, id: AgencyId) -> Result<Agency> {
    let agency = sqlx::query_as!(
        Agency,
        r#"
        select agencies.id as "id: AgencyId", name, credit_code, legal_person, grade as "grade: Grade",
               founded_on as "founded_on: Day", registered_with, domains as "domains: Vec<Domain>", contact, phone,
               status as "standing: Standing", status_reason as standing_reason, version,
               (select count(*) from stations
                where stations.network_id = agencies.network_id and stations.agency_id = agencies.id
                  and stations.state <> 'closed') as "stations!"
        from agencies where id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(agency)
}

fn domain_words(agency: &Agency) -> Vec<String> {
    agency.domains.iter().map(|domain| domain.as_str().to_owned()).collect()
}

pub async fn insert(tx: &mut Tx, new: &Agency) -> Result<()> {
    let now = tx.now();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into agencies (id, name, credit_code, legal_person, grade, founded_on, registered_with, domains, contact,
            phone, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ",
        new.id.0,
        new.name,
        new.credit_code,
        new.legal_person,
        new.grade.as_str(),
        new.founded_on.map(|day| day.0),
        new.registered_with,
        &domain_words(new),
        new.contact,
        new.phone,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    Ok(())
}

const STALE: &str =
    "您打开这个页面以后，有人改过这家机构，所以还没有保存。下面是您填的内容；再点一次「保存」就以您填的为准。";

/// Changes an agency; refuses if somebody else saved first.
pub async fn update(tx: &mut Tx, new: &Agency) -> Result<()> {
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update agencies set name = $3, credit_code = $4, legal_person = $5, grade = $6, founded_on = $7,
            registered_with = $8, domains = $9, contact = $10, phone = $11, version = version + 1
        where id = $1 and version = $2
        ",
        new.id.0,
        new.version,
        new.name,
        new.credit_code,
        new.legal_person,
        new.grade.as_str(),
        new.founded_on.map(|day| day.0),
        new.registered_with,
        &domain_words(new),
        new.contact,
        new.phone,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved == 1 { Ok(()) } else { Err(Error::at("version", STALE)) }
}

pub async fn set_standing(tx: &mut Tx, id: AgencyId, standing: Standing, reason: &str) -> Result<()> {
    sqlx::query!(
        "update agencies set status = $2, status_reason = $3, version = version + 1 where id = $1",
        id.0,
        standing.as_str(),
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An agency's annual inspections, newest year first.
pub async fn inspections(tx: &mut Tx, id: AgencyId) -> Result<Vec<(i32, Inspection)>> {
    let rows = sqlx::query!(
        r#"select year, result as "result: Inspection" from agency_inspections where agency_id = $1 order by year desc"#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.year, row.result)).collect())
}

/// Saves the result of a year's inspection, replacing an earlier one.
pub async fn inspect(tx: &mut Tx, id: AgencyId, year: i32, result: Inspection) -> Result<()> {
    sqlx::query!(
        "
        insert into agency_inspections (agency_id, year, result) values ($1, $2, $3)
        on conflict (network_id, agency_id, year) do update set result = $3
        ",
        id.0,
        year,
        result.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The facts that decide an agency's eligibility for a project.
pub async fn eligibility(tx: &mut Tx, agency: &Agency) -> Result<Eligibility> {
    let inspections = inspections(tx, agency.id).await?;
    let (standing, reason) = (agency.standing, agency.standing_reason.clone());
    Ok(Eligibility { standing, reason, inspections, today: tx.today() })
}

/// An agency's name.
pub async fn name(tx: &mut Tx, id: AgencyId) -> Result<String> {
    let name = sqlx::query_scalar!("select name from agencies where id = $1", id.0).fetch_one(tx.conn()).await?;
    Ok(name)
}

/// Agencies with one of these names or credit codes.
pub async fn find_by_names(tx: &mut Tx, names: &[String], codes: &[String]) -> Result<Vec<Agency>> {
    let agencies = sqlx::query_as!(
        Agency,
        r#"
        select agencies.id as "id: AgencyId", name, credit_code, legal_person, grade as "grade: Grade",
               founded_on as "founded_on: Day", registered_with, domains as "domains: Vec<Domain>", contact, phone,
               status as "standing: Standing", status_reason as standing_reason, version, 0::bigint as "stations!"
        from agencies where name = any($1) or credit_code <> '' and credit_code = any($2)
        "#,
        names,
        codes,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(agencies)
}
