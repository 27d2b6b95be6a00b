//! Statements behind appeals: list, add and decide.

use chrono::{DateTime, Utc};

use crate::{
    db::Tx,
    features::evaluation::evaluations::Evaluation,
    kernel::{AccountId, Error, EvaluationId, FileId, Points, Result, RoundId},
};
/// An appeal against a line.
#[derive(Clone, Debug)]
pub struct Appeal {
    pub code: String,
    pub words: String,
    pub file: Option<FileId>,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub state: String,
    pub before: Points,
    pub after: Option<Points>,
    pub answer: String,
    pub decided_by: Option<String>,
    pub scorers: Vec<AccountId>,
}

impl Appeal {
    pub fn is_open(&self) -> bool {
        self.state == "asked"
    }

    /// The label and colour of its state.
    pub fn label(&self) -> (&'static str, &'static str) {
        match self.state.as_str() {
            "asked" => ("待复核", "warn"),
            "upheld" => ("已更改", "ok"),
            _ => ("维持原分", "plain"),
        }
    }
}

pub async fn appeals(tx: &mut Tx, id: EvaluationId) -> Result<Vec<Appeal>> {
    let rows = sqlx::query_as!(
        Appeal,
        r#"
        select code, words, file_id as "file: FileId", asked_by, asked_at, state, before as "before: Points",
               after as "after: Points", answer, decided_by, scorers as "scorers: Vec<AccountId>"
        from appeals where evaluation_id = $1 order by asked_at, code
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Number of pending appeals in a round.
pub async fn open_appeals(tx: &mut Tx, round: RoundId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from appeals a
        join evaluations e on e.network_id = a.network_id and e.id = a.evaluation_id
        where e.round_id = $1 and a.state = 'asked'
        "#,
        round.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count)
}

/// Adds an appeal; each line allows one.
pub async fn appeal(
    tx: &mut Tx,
    of: &Evaluation,
    (code, before): (&str, Points),
    (words, file): (&str, Option<FileId>),
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let added = sqlx::query!(
        "
        insert into appeals (evaluation_id, code, station_id, division, words, file_id, asked_by, asked_at, before, scorers)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9,
               array(select account_id from panel_seats where evaluation_id = $1 order by account_id)
        on conflict do nothing
        ",
        of.id.0,
        code,
        of.station.0,
        of.division.as_str(),
        words,
        file.map(|id| id.0),
        by,
        now,
        before.0,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if added == 1 { Ok(()) } else { Err(Error::at("code", "这一项已经申请过复核，不能重复申请。")) }
}

/// Decides a pending appeal; `after` is the line's new value, `None` if it stays.
pub async fn decide_appeal(
    tx: &mut Tx,
    id: EvaluationId,
    code: &str,
    (after, answer): (Option<Points>, &str),
) -> Result<bool> {
    let (now, by, account) = (tx.now(), tx.scope().actor.clone(), tx.scope().account);
    let state = if after.is_some() { "upheld" } else { "rejected" };
    let done = sqlx::query!(
        "
        update appeals set state = $3, after = $4, answer = $5, decided_by = $6, decider = $7, decided_at = $8
        where evaluation_id = $1 and code = $2 and state = 'asked'
        ",
        id.0,
        code,
        state,
        after.map(|points| points.0),
        answer,
        by,
        account.map(|id| id.0),
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    Ok(done == 1)
}
