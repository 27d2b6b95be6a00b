//! Statements that move grants, served divisions, transfers and projects to a successor.

use crate::{
    db::Tx,
    kernel::{DivisionCode, GrantId, Result},
};

/// What moves with a division that is merged or gets another code: how many of each.
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

/// Moves grants over a division to its successor. Returns those that changed.
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

/// Stations that served a division now serve its successor.
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

/// Transfers to a division now go to its successor.
pub async fn move_transfers(tx: &mut Tx, old: &DivisionCode, new: &DivisionCode) -> Result<()> {
    sqlx::query!("update transfers set to_division = $2 where to_division = $1", old.as_str(), new.as_str())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Moves projects to the successor: their county with everything attached to them, and their
/// townships by name. A year's plan stays where it was filed if the successor already has a plan
/// for that year.
pub async fn move_projects(tx: &mut Tx, old: &DivisionCode, new: &DivisionCode) -> Result<()> {
    sqlx::query!(
        "
        with moved as (
                update projects set division = case division when $1 then $2 else division end,
                    township = case township when $1 then $2 else township end,
                    townships = array_replace(townships, $1, $2), version = version + 1
                where division = $1 or township = $1 or $1 = any (townships)),
             a as (update project_steps set division = $2 where division = $1),
             b as (update project_sources set division = $2 where division = $1),
             c as (update project_waivers set division = $2 where division = $1),
             d as (update project_bids set division = $2 where division = $1),
             e as (update contract_items set division = $2 where division = $1),
             f as (update budget_lines set division = $2 where division = $1),
             g as (update budget_adjustments set division = $2 where division = $1),
             h as (update expenditures set division = $2 where division = $1),
             i as (update appraisals set division = $2 where division = $1),
             j as (update rectifications set division = $2 where division = $1),
             k as (update instalments set division = $2 where division = $1),
             l as (update instalment_sources set division = $2 where division = $1),
             m as (update instalment_steps set division = $2 where division = $1),
             n as (update deliverables set division = $2 where division = $1),
             o as (update deliverable_months set division = $2 where division = $1),
             p as (update project_team set division = $2 where division = $1),
             q as (update project_documents set division = $2 where division = $1),
             r as (update project_draws set division = $2 where division = $1),
             plans as (
                update filings set division = $2
                where division = $1 and (kind = 'agreement' or not exists (
                    select from filings other where other.network_id = filings.network_id and other.division = $2
                      and other.year = filings.year and other.kind = 'plan')))
        select 1 as one
        ",
        old.as_str(),
        new.as_str(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}
