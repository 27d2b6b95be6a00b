//! What goes over besides divisions and stations. Queries only.

use crate::{
    db::Tx,
    kernel::{DivisionCode, GrantId, Result},
};

/// What follows a division that is merged or gets another code.
#[derive(Debug)]
pub struct Following {
    pub stations: i64,
    pub grants: i64,
    pub served: i64,
    pub tasks: i64,
}

pub async fn following(tx: &mut Tx, code: &DivisionCode) -> Result<Following> {
    let following = sqlx::query_as!(
        Following,
        r#"
        select (select count(*) from stations where division >= $1 and division < $2) as "stations!",
               (select count(*) from grants where division >= $1 and division < $2) as "grants!",
               (select count(*) from served_divisions where division >= $1 and division < $2) as "served!",
               (select count(*) from build_tasks where division >= $1 and division < $2) as "tasks!"
        "#,
        code.as_str(),
        code.end(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(following)
}

/// Grants over a division reach over its successor. Answers those that changed.
pub async fn move_grants(tx: &mut Tx, old: &DivisionCode, new: &DivisionCode) -> Result<Vec<GrantId>> {
    let grants = sqlx::query_scalar!(
        r#"update grants set division = $2 where division = $1 returning id as "id: GrantId""#,
        old.as_str(),
        new.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(grants)
}

/// Who served a division serves its successor.
pub async fn move_served(tx: &mut Tx, old: &DivisionCode, new: &DivisionCode) -> Result<()> {
    sqlx::query!(
        "
        insert into served_divisions (station_id, division, station_division, station_name, station_address, station_phone)
        select station_id, $2, station_division, station_name, station_address, station_phone
        from served_divisions where division = $1 and station_division <> $2
        on conflict do nothing
        ",
        old.as_str(),
        new.as_str(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from served_divisions where division = $1", old.as_str()).execute(tx.conn()).await?;
    Ok(())
}

/// Who is asked to go to a division is asked to go to its successor.
pub async fn move_transfers(tx: &mut Tx, old: &DivisionCode, new: &DivisionCode) -> Result<()> {
    sqlx::query!("update transfers set to_division = $2 where to_division = $1", old.as_str(), new.as_str())
        .execute(tx.conn())
        .await?;
    Ok(())
}
