//! Agencies. Queries only.

use serde::Serialize;

use crate::{
    db::{AtField, Tx},
    kernel::{AgencyId, Error, Listed, Paging, Result},
};

#[derive(Clone, Debug, Serialize)]
pub struct Agency {
    #[serde(skip)]
    pub id: AgencyId,
    pub name: String,
    pub credit_code: String,
    pub contact: String,
    pub phone: String,
    #[serde(skip)]
    pub version: i32,
    /// How many stations within reach it operates.
    #[serde(skip)]
    pub stations: i64,
}

const CONSTRAINTS: [(&str, &str, &str); 2] = [
    ("agencies_name_once", "name", "名册里已经有这个名称的机构。"),
    ("agencies_credit_code_once", "credit_code", "名册里已经有这个统一社会信用代码，请核对是不是同一家机构。"),
];

pub async fn page(tx: &mut Tx, q: &str, paging: Paging) -> Result<Listed<Agency>> {
    let rows = sqlx::query_as!(
        Agency,
        r#"
        select agencies.id as "id: AgencyId", name, credit_code, contact, phone, version,
               (select count(*) from stations
                where stations.network_id = agencies.network_id and stations.agency_id = agencies.id
                  and stations.state <> 'closed') as "stations!"
        from agencies
        where $1 = '' or strpos(name, $1) > 0 or strpos(credit_code, upper($1)) > 0
        order by name collate zh limit $2 offset $3
        "#,
        q,
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from agencies where $1 = '' or strpos(name, $1) > 0 or strpos(credit_code, upper($1)) > 0"#,
        q,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Listed { rows, total, paging })
}

/// All agencies by name, for choosing one.
pub async fn all(tx: &mut Tx) -> Result<Vec<(AgencyId, String)>> {
    let rows = sqlx::query!(r#"select id as "id: AgencyId", name from agencies order by name collate zh"#)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

pub async fn find(tx: &mut Tx, id: AgencyId) -> Result<Agency> {
    let agency = sqlx::query_as!(
        Agency,
        r#"
        select id as "id: AgencyId", name, credit_code, contact, phone, version, 0::bigint as "stations!"
        from agencies where id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(agency)
}

pub async fn insert(tx: &mut Tx, new: &Agency) -> Result<()> {
    let now = tx.now();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "insert into agencies (id, name, credit_code, contact, phone, created_at) values ($1, $2, $3, $4, $5, $6)",
        new.id.0,
        new.name,
        new.credit_code,
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

/// Changes an agency, unless somebody changed it first.
pub async fn update(tx: &mut Tx, new: &Agency) -> Result<()> {
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update agencies set name = $3, credit_code = $4, contact = $5, phone = $6, version = version + 1
        where id = $1 and version = $2
        ",
        new.id.0,
        new.version,
        new.name,
        new.credit_code,
        new.contact,
        new.phone,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved == 1 {
        Ok(())
    } else {
        Err(Error::refused("刚才有人改过这家机构，您的修改没有保存。请刷新后核对再改。"))
    }
}
