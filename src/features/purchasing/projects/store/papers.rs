//! Statements behind a project's documents, its team and its evaluators.

use super::Project;
use crate::{
    db::Tx,
    features::purchasing::projects::model::{DocumentKind, Member},
    kernel::{AccountId, Day, FileId, Result},
};

pub async fn attach(
    tx: &mut Tx,
    project: &Project,
    file: FileId,
    kind: DocumentKind,
    name: &str,
    note: &str,
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    sqlx::query!(
        "
        insert into project_documents (project_id, division, file_id, kind, name, note, entered_by, entered_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        ",
        project.id.0,
        project.division.as_str(),
        file.0,
        kind.as_str(),
        name,
        note,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn detach(tx: &mut Tx, project: &Project, file: FileId) -> Result<()> {
    sqlx::query!("delete from project_documents where project_id = $1 and file_id = $2", project.id.0, file.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Adds a member to the team.
pub async fn join(tx: &mut Tx, project: &Project, member: &Member) -> Result<()> {
    let by = tx.scope().actor.clone();
    sqlx::query!(
        "
        insert into project_team (project_id, division, seq, name, role, is_full_time, certificate, since, entered_by)
        select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8 from project_team where project_id = $1
        ",
        project.id.0,
        project.division.as_str(),
        member.name,
        member.role.as_str(),
        member.is_full_time,
        member.certificate,
        member.since.0,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a membership, with the last day and the reason.
pub async fn leave(tx: &mut Tx, project: &Project, seq: i16, last: Day, why: &str) -> Result<()> {
    sqlx::query!(
        "update project_team set until = $3, why = $4 where project_id = $1 and seq = $2",
        project.id.0,
        seq,
        last.0,
        why,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the accounts that evaluate the project.
pub async fn assign(tx: &mut Tx, project: &Project, evaluators: &[AccountId]) -> Result<()> {
    let ids: Vec<_> = evaluators.iter().map(|id| id.0).collect();
    sqlx::query!("update projects set evaluators = $2, version = version + 1 where id = $1", project.id.0, &ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}
