//! Statements behind the entries on budget lines and the adjustments between lines.

use serde::Deserialize;
use serde_json::json;
use sqlx::types::Json;

use super::model::{Adjustment, AdjustmentGrade, AdjustmentState, Spent, Wish, share_moved};
use crate::{
    db::{Entry, Tx},
    features::purchasing::projects::{Line, Project},
    kernel::{AccountId, Day, Error, FileId, ProjectId, Result, yuan},
};

/// An entry on a line. Amounts in fen.
#[derive(Clone, Debug)]
pub struct Expenditure {
    pub seq: i32,
    pub line_name: String,
    pub spent_on: Day,
    pub voucher: String,
    pub what: String,
    pub payee: String,
    pub amount: i64,
    pub file_id: Option<FileId>,
    pub entered_by: String,
    pub reversed_on: Option<Day>,
    pub reversed_why: String,
}

/// The entries, newest first.
pub async fn rows(tx: &mut Tx, project: ProjectId, limit: i64, offset: i64) -> Result<Vec<Expenditure>> {
    let rows = sqlx::query_as!(
        Expenditure,
        r#"
        select e.seq, l.name as line_name, spent_on as "spent_on: Day", voucher, what, payee, e.amount,
               file_id as "file_id: FileId", entered_by, reversed_on as "reversed_on: Day", reversed_why
        from expenditures e join budget_lines l
            on l.network_id = e.network_id and l.project_id = e.project_id and l.seq = e.line_seq
        where e.project_id = $1 order by spent_on desc, e.seq desc limit $2 offset $3
        "#,
        project.0,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A line as of the end of a day. Amounts in fen.
#[derive(Clone, Debug, Deserialize)]
pub struct LineThen {
    pub adjusted: i64,
    pub spent: i64,
}

/// A project's lines as of the end of a day, in order; all adjustments, newest first; and the
/// number of entries.
#[derive(Debug)]
pub struct Ledger {
    pub then: Vec<LineThen>,
    pub adjustments: Vec<Adjustment>,
    pub entries: i64,
}

/// An entry reversed later still counts on the days before its reversal.
pub async fn ledger(tx: &mut Tx, project: ProjectId, day: Day) -> Result<Ledger> {
    let row = sqlx::query!(
        r#"
        select (select coalesce(jsonb_agg(jsonb_build_object(
                    'adjusted', coalesce((select sum(case when to_line = l.seq then a.amount else -a.amount end)
                        from budget_adjustments a where a.project_id = $1 and a.state = 'approved' and a.decided_on <= $2
                          and l.seq in (from_line, to_line)), 0),
                    'spent', coalesce((select sum(e.amount) from expenditures e
                        where e.project_id = $1 and e.line_seq = l.seq and e.spent_on <= $2
                          and (e.reversed_on is null or e.reversed_on > $2)), 0)) order by l.seq), '[]')
                from budget_lines l where l.project_id = $1) as "then!: Json<Vec<LineThen>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq desc), '[]') from budget_adjustments t
                where project_id = $1) as "adjustments!: Json<Vec<Adjustment>>",
               (select count(*) from expenditures where project_id = $1) as "entries!"
        "#,
        project.0,
        day.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Ledger { then: row.then.0, adjustments: row.adjustments.0, entries: row.entries })
}

/// True if the same voucher is already entered on the same line with the same amount.
pub async fn is_entered(tx: &mut Tx, project: ProjectId, spent: &Spent) -> Result<bool> {
    let is_there = sqlx::query_scalar!(
        r#"
        select exists (select from expenditures where project_id = $1 and line_seq = $2 and voucher = $3 and amount = $4
            and reversed_on is null) as "is_there!"
        "#,
        project.0,
        spent.line_seq,
        spent.voucher,
        spent.amount,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(is_there)
}

/// Enters spending on its line and on the project. The caller must have locked the project.
pub async fn enter(tx: &mut Tx, project: &Project, spent: &Spent, file: Option<FileId>) -> Result<i32> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let seq = sqlx::query_scalar!(
        r#"
        with entered as (
            insert into expenditures (project_id, division, seq, line_seq, spent_on, voucher, what, payee, amount, file_id,
                entered_by, entered_at)
            select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11
            from expenditures where project_id = $1
            returning seq
        ), booked as (
            update budget_lines set spent = spent + $8 where project_id = $1 and seq = $3
        ), summed as (
            update projects set spent = spent + $8 where id = $1
        )
        select seq from entered
        "#,
        project.id.0,
        project.division.as_str(),
        spent.line_seq,
        spent.spent_on.0,
        spent.voucher,
        spent.what,
        spent.payee,
        spent.amount,
        file.map(|id| id.0),
        by,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    let after = json!({ "seq": seq, "spent": spent, "yuan": yuan(spent.amount) });
    tx.record(Entry::new("登记项目支出", "project", project.id, &project.name).after(after)).await?;
    Ok(seq)
}

/// Reverses a wrong entry.
pub async fn reverse(tx: &mut Tx, project: &Project, seq: i32, why: &str) -> Result<()> {
    let (today, by) = (tx.today(), tx.scope().actor.clone());
    let amount = sqlx::query_scalar!(
        "
        with reversed as (
            update expenditures set reversed_on = $3, reversed_by = $4, reversed_why = $5
            where project_id = $1 and seq = $2 and reversed_on is null
            returning line_seq, amount
        ), booked as (
            update budget_lines set spent = spent - reversed.amount from reversed
            where project_id = $1 and budget_lines.seq = reversed.line_seq
        ), summed as (
            update projects set spent = spent - reversed.amount from reversed where id = $1
        )
        select amount from reversed
        ",
        project.id.0,
        seq,
        today.0,
        by,
        why,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| Error::refused("这笔支出已经冲销，或者没有这笔支出。请刷新后再看。"))?;
    let before = json!({ "seq": seq, "yuan": yuan(amount) });
    let entry = Entry::new("冲销项目支出", "project", project.id, &project.name);
    tx.record(entry.before(before).after(json!({ "why": why }))).await
}

/// The voucher file of an entry.
pub async fn voucher(tx: &mut Tx, project: ProjectId, seq: i32) -> Result<FileId> {
    let file = sqlx::query_scalar!(
        r#"select file_id as "file_id: FileId" from expenditures where project_id = $1 and seq = $2"#,
        project.0,
        seq
    )
    .fetch_one(tx.conn())
    .await?;
    file.ok_or(Error::NotFound)
}

/// All adjustments, newest first.
pub async fn adjustments(tx: &mut Tx, project: ProjectId) -> Result<Vec<Adjustment>> {
    let adjustments = sqlx::query_as!(
        Adjustment,
        r#"
        select seq, from_line, to_line, amount, share_bp, grade as "grade: AdjustmentGrade", reason,
               state as "state: AdjustmentState", document, words, asked_by, asker as "asker: AccountId", asked_at,
               decided_by, decided_on as "decided_on: Day"
        from budget_adjustments where project_id = $1 order by seq desc limit 500
        "#,
        project.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(adjustments)
}

/// The total moved by approved adjustments.
fn moved(adjustments: &[Adjustment]) -> i64 {
    let approved = adjustments.iter().filter(|row| row.state == AdjustmentState::Approved);
    approved.map(|row| row.amount).sum()
}

/// Requests an adjustment. Returns it with its grade.
pub async fn ask(tx: &mut Tx, project: &Project, wish: &Wish) -> Result<Adjustment> {
    let before = adjustments(tx, project.id).await?;
    let share = share_moved(moved(&before), wish.amount, project.contract_sum);
    let (now, by, account) = (tx.now(), tx.scope().actor.clone(), tx.scope().account);
    let seq = before.first().map_or(1, |row| row.seq + 1);
    sqlx::query!(
        "
        insert into budget_adjustments (project_id, division, seq, from_line, to_line, amount, share_bp, grade, reason,
            asked_by, asker, asked_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ",
        project.id.0,
        project.division.as_str(),
        seq,
        wish.from,
        wish.to,
        wish.amount,
        i32::try_from(share).unwrap_or(i32::MAX),
        AdjustmentGrade::of(share).as_str(),
        wish.reason,
        by,
        account.map(|id| id.0),
        now,
    )
    .execute(tx.conn())
    .await?;
    let after = json!({ "from": wish.from, "to": wish.to, "yuan": yuan(wish.amount), "reason": wish.reason });
    tx.record(Entry::new("申请项目预算调整", "project", project.id, &project.name).after(after)).await?;
    adjustments(tx, project.id).await?.into_iter().next().ok_or(Error::NotFound)
}

/// The decision on an adjustment.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    pub approves: bool,
    pub words: &'a str,
    pub document: &'a str,
}

/// Decides on an adjustment; an approval moves the money between lines at once. The share is
/// recomputed to include adjustments approved in the meantime.
pub async fn decide(tx: &mut Tx, project: &Project, wish: &Adjustment, decision: &Decision<'_>) -> Result<()> {
    let all = adjustments(tx, project.id).await?;
    let share = share_moved(moved(&all), wish.amount, project.contract_sum);
    let (today, by, account) = (tx.today(), tx.scope().actor.clone(), tx.scope().account);
    let state = if decision.approves { AdjustmentState::Approved } else { AdjustmentState::Refused };
    // Refusing your own request withdraws it.
    let decider = account.filter(|account| Some(*account) != wish.asker);
    let decided = sqlx::query_scalar!(
        r#"
        with decided as (
            update budget_adjustments set state = $3, words = $4, document = $5, decided_by = $6, decider = $7,
                decided_on = $8, share_bp = $9, grade = $10
            where project_id = $1 and seq = $2 and state = 'asked'
            returning from_line, to_line, amount, state
        ), moved as (
            update budget_lines set adjusted = adjusted + case when seq = to_line then decided.amount else -decided.amount end
            from decided
            where project_id = $1 and decided.state = 'approved' and seq in (from_line, to_line)
        )
        select count(*) as "count!" from decided
        "#,
        project.id.0,
        wish.seq,
        state.as_str(),
        decision.words,
        decision.document,
        by,
        decider.or(account.filter(|_| decision.approves)).map(|id| id.0),
        today.0,
        i32::try_from(share).unwrap_or(i32::MAX),
        AdjustmentGrade::of(share).as_str(),
    )
    .fetch_one(tx.conn())
    .await?;
    if decided != 1 {
        return Err(Error::refused("这项调整刚才已经有人办过，请刷新后再看。"));
    }
    let after = json!({
        "seq": wish.seq, "yuan": yuan(wish.amount), "state": state.label(), "words": decision.words,
        "document": decision.document,
    });
    tx.record(Entry::new("办理项目预算调整", "project", project.id, &project.name).after(after)).await
}

/// The lines as they would be after the adjustment.
pub fn with(lines: &[Line], wish: &Adjustment) -> Vec<Line> {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        if line.seq == wish.to_line {
            line.adjusted += wish.amount;
        } else if line.seq == wish.from_line {
            line.adjusted -= wish.amount;
        }
    }
    lines
}
