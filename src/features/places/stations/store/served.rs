//! Statements behind the divisions a station serves besides its own, and the card shown there.

use super::Station;
use crate::{
    db::{AtField, Tx},
    features::places::divisions,
    kernel::{DivisionCode, Error, Result, StationId},
};

/// Hands the divisions served by a merged station, and its own, over to the other station.
pub async fn hand_over_served(tx: &mut Tx, from: &Station, to: &Station) -> Result<()> {
    sqlx::query!(
        "
        insert into served_divisions (station_id, division, station_division, station_name, station_address, station_phone)
        select $2::uuid, division, $3, $4, $5, $6 from served_divisions where station_id = $1
        union select $2::uuid, $7, $3, $4, $5, $6
        on conflict do nothing
        ",
        from.id.0,
        to.id.0,
        to.division.as_str(),
        to.name,
        to.address,
        to.phone,
        from.division.as_str(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "delete from served_divisions where station_id = $1 or (station_id = $2 and division = $3)",
        from.id.0,
        to.id.0,
        to.division.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds a division to those a station serves.
pub async fn serve(tx: &mut Tx, station: &Station, division: &DivisionCode) -> Result<()> {
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into served_divisions (station_id, division, station_division, station_name, station_address, station_phone)
        values ($1, $2, $3, $4, $5, $6)
        ",
        station.id.0,
        division.as_str(),
        station.division.as_str(),
        station.name,
        station.address,
        station.phone,
    )
    .execute(&mut *point)
    .await
    .at_field(&[
        ("served_divisions_pkey", "served", "这个区划已经在服务范围里了。"),
        ("served_divisions_division", "served", "没有这个区划代码，请核对。"),
    ])?;
    point.commit().await?;
    divisions::mark(tx, &[division]).await
}

pub async fn unserve(tx: &mut Tx, id: StationId, division: &DivisionCode) -> Result<()> {
    let gone =
        sqlx::query!("delete from served_divisions where station_id = $1 and division = $2", id.0, division.as_str())
            .execute(tx.conn())
            .await?
            .rows_affected();
    if gone != 1 {
        return Err(Error::NotFound);
    }
    divisions::mark(tx, &[division]).await
}

/// The divisions a station serves besides its own.
pub async fn served(tx: &mut Tx, id: StationId) -> Result<Vec<(DivisionCode, String)>> {
    let rows = sqlx::query!(
        r#"
        select served_divisions.division as "division: DivisionCode", divisions.name
        from served_divisions
        join divisions on divisions.network_id = served_divisions.network_id and divisions.code = served_divisions.division
        where station_id = $1 order by served_divisions.division
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.division, row.name)).collect())
}

/// Public details of a station, shown in the divisions it serves.
#[derive(Debug)]
pub struct Card {
    pub name: String,
    pub address: String,
    pub phone: String,
}

/// Stations from elsewhere that serve a division.
pub async fn cards(tx: &mut Tx, division: &DivisionCode) -> Result<Vec<Card>> {
    let cards = sqlx::query_as!(
        Card,
        "
        select station_name as name, station_address as address, station_phone as phone
        from served_divisions where division = $1 order by station_name
        ",
        division.as_str(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(cards)
}
