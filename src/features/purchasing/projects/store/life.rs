//! The statement that moves a project one step, and the rows of its history.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::Project;
use crate::{
    db::{Entry, Tx},
    features::purchasing::projects::model::Move,
    kernel::{Error, Result},
};

/// Moves a project one step and leaves its audit row. Refuses if the project changed since it was
/// read.
pub async fn step(tx: &mut Tx, project: &mut Project, wanted: Move, words: &str) -> Result<()> {
    let next = project.position.after(wanted)?;
    let (now, account, actor) = (tx.now(), tx.scope().account.map(|id| id.0), tx.scope().actor.clone());
    let seq = project.last_seq.unwrap_or(0) + 1;
    let moved = sqlx::query_scalar!(
        r#"
        with moved as (
            update projects set position = $4, last_seq = $5, version = version + 1
            where id = $1 and version = $2 and position = $3
            returning id, division
        ), stepped as (
            insert into project_steps (project_id, division, seq, act, from_position, to_position, seq_before, words,
                account_id, actor, at)
            select id, division, $5, $6, $3, $4, nullif($5 - 1, 0), $7, $8, $9, $10 from moved
        )
        select count(*) as "count!" from moved
        "#,
        project.id.0,
        project.version,
        project.position.to_string(),
        next.to_string(),
        seq,
        wanted.as_str(),
        words,
        account,
        actor,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    if moved != 1 {
        return Err(Error::refused("刚才有人动过这个项目，您的操作没有执行。请刷新后再看。"));
    }
    let entry = Entry::new("推进项目", "project", project.id, &project.name);
    let entry = entry.before(json!({ "state": project.state().label() }));
    tx.record(entry.after(json!({ "step": wanted.label(), "state": next.state().label(), "words": words }))).await?;
    project.position = next;
    project.last_seq = Some(seq);
    project.version += 1;
    Ok(())
}

/// A step in a project's history.
#[derive(Clone, Debug, Deserialize)]
pub struct StepRow {
    pub act: Move,
    pub words: String,
    pub actor: String,
    pub at: DateTime<Utc>,
}
