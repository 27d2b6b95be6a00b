//! Statements behind transfers beyond the visitor's reach.

use chrono::{DateTime, Utc};

use crate::{
    db::{AtField, Tx},
    features::people::persons::model::Person,
    kernel::{DivisionCode, Error, Listed, Paging, PersonId, Result, TransferId},
    words,
};

words! {
    TransferState {
        Asked = "asked", "等待办理";
        CarriedOut = "carried_out", "已办理";
        Refused = "refused", "未同意";
        Withdrawn = "withdrawn", "已撤回";
    }
}

impl TransferState {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Asked => "warn",
            Self::CarriedOut => "ok",
            Self::Refused => "bad",
            Self::Withdrawn => "plain",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Transfer {
    pub id: TransferId,
    pub person: PersonId,
    pub person_name: String,
    pub division: DivisionCode,
    pub from_name: String,
    pub to: DivisionCode,
    pub to_name: String,
    pub reason: String,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub state: TransferState,
    pub decided_by: String,
    pub decision: String,
    pub total: i64,
}

async fn wanted(
    tx: &mut Tx,
    id: Option<TransferId>,
    person: Option<PersonId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Transfer>> {
    let transfers = sqlx::query_as!(
        Transfer,
        r#"
        select transfers.id as "id: TransferId", person_id as "person: PersonId", person_name,
               division as "division: DivisionCode", lies.name as "from_name!", to_division as "to: DivisionCode",
               goes.name as "to_name!", reason, asked_by, asked_at, state as "state: TransferState", decided_by,
               decision, count(*) over () as "total!"
        from transfers
        join divisions as lies on lies.network_id = transfers.network_id and lies.code = division
        join divisions as goes on goes.network_id = transfers.network_id and goes.code = to_division
        where ($1::uuid is null or transfers.id = $1) and ($2::uuid is null or person_id = $2)
        order by (state = 'asked') desc, asked_at desc, transfers.id limit $3 offset $4
        "#,
        id.map(|id| id.0),
        person.map(|id| id.0),
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(transfers)
}

/// Transfers within reach, waiting ones first.
pub async fn transfers(tx: &mut Tx, paging: Paging) -> Result<Listed<Transfer>> {
    let rows = wanted(tx, None, None, paging.size(), paging.offset()).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok(Listed { rows, total, paging })
}

pub async fn transfers_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Transfer>> {
    wanted(tx, None, Some(person), 20, 0).await
}

pub async fn find_transfer(tx: &mut Tx, id: TransferId) -> Result<Transfer> {
    wanted(tx, Some(id), None, 1, 0).await?.into_iter().next().ok_or(Error::NotFound)
}

pub async fn ask(tx: &mut Tx, id: TransferId, person: &Person, to: &DivisionCode, reason: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into transfers (id, person_id, person_name, station_id, division, to_division, reason, asked_by,
            asked_at, state)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'asked')
        ",
        id.0,
        person.id.0,
        person.name,
        person.station.map(|id| id.0),
        person.division.as_str(),
        to.as_str(),
        reason,
        by,
        now,
    )
    .execute(&mut *point)
    .await
    .at_field(&[("transfers_one_asked", "to", "这个人已经有一份等待办理的调出申请。")])?;
    point.commit().await?;
    Ok(())
}

/// Decides a waiting transfer; refuses if somebody decided first.
pub async fn decide(tx: &mut Tx, id: TransferId, state: TransferState, words: &str) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let decided = sqlx::query!(
        "
        update transfers set state = $2, decision = $3, decided_by = $4, decided_at = $5
        where id = $1 and state = 'asked'
        ",
        id.0,
        state.as_str(),
        words,
        by,
        now,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if decided == 1 {
        Ok(())
    } else {
        Err(Error::refused("这份调出申请已经有人办理了，请刷新后再看。"))
    }
}
