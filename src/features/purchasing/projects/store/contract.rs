//! Statements that save a project's award, contract, budget and deliverables before signing.

use sqlx::types::Json;

use super::{Project, stale};
use crate::{
    db::Tx,
    features::purchasing::projects::model::{Bid, Deliverable, Line, Terms},
    kernel::{AgencyId, Day, Result},
};

/// Replaces the bids and saves the award. A newly chosen agency becomes party B of the contract.
pub async fn set_award(
    tx: &mut Tx,
    project: &Project,
    bids: &[Bid],
    agency: Option<(AgencyId, &str)>,
    (notice_on, awarded_on, hours): (Option<Day>, Option<Day>, Option<i32>),
) -> Result<()> {
    let saved = sqlx::query!(
        "
        update projects set agency_id = $3, notice_on = $4, awarded_on = $5, committed_hours = $6,
            party_b = case when agency_id is distinct from $3 then $7 else party_b end, version = version + 1
        where id = $1 and version = $2
        ",
        project.id.0,
        project.version,
        agency.map(|(id, _)| id.0),
        notice_on.map(|day| day.0),
        awarded_on.map(|day| day.0),
        hours,
        agency.map(|(_, name)| name).unwrap_or_default(),
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    stale(saved)?;
    sqlx::query!("delete from project_bids where project_id = $1", project.id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "
        insert into project_bids (project_id, division, seq, bidder, price, score_centi, won, note)
        select $1, $2, seq, bidder, price, score_centi, won, note from jsonb_to_recordset($3)
            as t (seq smallint, bidder text, price bigint, score_centi integer, won boolean, note text)
        ",
        project.id.0,
        project.division.as_str(),
        Json(bids) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Bumps the version of an unsigned project; refuses if somebody else saved first.
async fn count_on(tx: &mut Tx, project: &Project) -> Result<()> {
    let saved = sqlx::query!(
        "update projects set version = version + 1 where id = $1 and version = $2",
        project.id.0,
        project.version
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    stale(saved)
}

/// Replaces the terms, items and instalments.
pub async fn set_terms(tx: &mut Tx, project: &Project, terms: &Terms) -> Result<()> {
    let saved = sqlx::query!(
        "
        update projects set contract_number = $3, party_a = $4, party_a_address = $5, party_b = $6, party_b_address = $7,
            signed_on = $8, starts_on = $9, ends_on = $10, place = $11, payment_terms = $12, acceptance_terms = $13,
            liability_terms = $14, dispute_terms = $15, contract_sum = $16, version = version + 1
        where id = $1 and version = $2
        ",
        project.id.0,
        project.version,
        terms.contract_number,
        terms.party_a,
        terms.party_a_address,
        terms.party_b,
        terms.party_b_address,
        terms.signed_on.map(|day| day.0),
        terms.starts_on.map(|day| day.0),
        terms.ends_on.map(|day| day.0),
        terms.place,
        terms.payment_terms,
        terms.acceptance_terms,
        terms.liability_terms,
        terms.dispute_terms,
        terms.sum(),
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    stale(saved)?;
    sqlx::query!("delete from contract_items where project_id = $1", project.id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "
        insert into contract_items (project_id, division, seq, name, spec, unit, unit_price, quantity, subtotal, remark)
        select $1, $2, seq, name, spec, unit, unit_price, quantity, subtotal, remark from jsonb_to_recordset($3)
            as t (seq smallint, name text, spec text, unit text, unit_price bigint, quantity integer, subtotal bigint,
                remark text)
        ",
        project.id.0,
        project.division.as_str(),
        Json(&terms.items) as _,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from instalments where project_id = $1", project.id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "
        insert into instalments (project_id, division, seq, name, amount, share_bp, trigger, due_on)
        select $1, $2, seq, name, amount, share_bp, trigger, due_on from jsonb_to_recordset($3)
            as t (seq smallint, name text, amount bigint, share_bp integer, trigger text, due_on date)
        ",
        project.id.0,
        project.division.as_str(),
        Json(&terms.instalments) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the lines of the budget.
pub async fn set_lines(tx: &mut Tx, project: &Project, lines: &[Line]) -> Result<()> {
    count_on(tx, project).await?;
    sqlx::query!("delete from budget_lines where project_id = $1", project.id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "
        insert into budget_lines (project_id, division, seq, category, name, amount)
        select $1, $2, seq, category, name, amount from jsonb_to_recordset($3)
            as t (seq smallint, category text, name text, amount bigint)
        ",
        project.id.0,
        project.division.as_str(),
        Json(lines) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the deliverables.
pub async fn set_deliverables(tx: &mut Tx, project: &Project, deliverables: &[Deliverable]) -> Result<()> {
    count_on(tx, project).await?;
    sqlx::query!("delete from deliverables where project_id = $1", project.id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "
        insert into deliverables (project_id, division, seq, name, unit, planned, slot, rule, least_sessions,
            least_people, stage)
        select $1, $2, seq, name, unit, planned, slot, rule, least_sessions, least_people, stage
        from jsonb_to_recordset($3) as t (seq smallint, name text, unit text, planned bigint, slot smallint, rule text,
            least_sessions smallint, least_people smallint, stage text)
        ",
        project.id.0,
        project.division.as_str(),
        Json(deliverables) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
