//! Statements behind rectification orders: issuing, finding, listing and moving them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::{
    db::Tx,
    features::places::standing::model::{OrderState, OrderStep},
    kernel::{Day, DivisionCode, Error, EvaluationId, FileId, Listed, OrderId, Paging, Result, StationId},
};

/// An order to be issued.
#[derive(Clone, Debug, Serialize)]
pub struct NewOrder {
    pub evaluation: EvaluationId,
    pub station: StationId,
    pub division: DivisionCode,
    pub code: String,
    pub line: String,
    pub finding: String,
    pub demand: String,
}

/// Issues orders with a due date. A line that already has an order gets no second one. Returns how
/// many were issued.
pub async fn issue(tx: &mut Tx, orders: &[NewOrder], due_on: Day) -> Result<usize> {
    let (today, by) = (tx.today(), tx.scope().actor.clone());
    let rows: Vec<_> = orders
        .iter()
        .map(|order| {
            serde_json::json!({
                "id": OrderId::new(), "evaluation_id": order.evaluation, "station_id": order.station,
                "division": order.division, "code": order.code, "line": order.line, "finding": order.finding,
                "demand": order.demand,
            })
        })
        .collect();
    let issued = sqlx::query_scalar!(
        r#"
        insert into rectification_orders (id, evaluation_id, station_id, division, code, line, finding, demand, due_on,
            issued_by, issued_on)
        select id, evaluation_id, station_id, division, code, line, finding, demand, $2, $3, $4
        from jsonb_to_recordset($1) as t (id uuid, evaluation_id uuid, station_id uuid, division text, code text,
            line text, finding text, demand text)
        on conflict (network_id, evaluation_id, code) do nothing
        returning id as "id: OrderId"
        "#,
        Json(rows) as _,
        due_on.0,
        by,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let of: Vec<_> = issued.iter().map(|id| (*id, None)).collect();
    let way = (OrderState::New, OrderState::Ordered, OrderStep::Order);
    step_all(tx, &of, way, ("", Some(due_on), None)).await?;
    sqlx::query!(
        "
        update station_grades g set orders = g.orders + n.count, open_orders = g.open_orders + n.count
        from (select evaluation_id, count(*)::smallint as count from rectification_orders where id = any($1) group by 1) as n
        where g.evaluation_id = n.evaluation_id
        ",
        &issued.iter().map(|id| id.0).collect::<Vec<_>>(),
    )
    .execute(tx.conn())
    .await?;
    Ok(issued.len())
}

/// An order with the names it refers to.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub evaluation: EvaluationId,
    pub station: StationId,
    pub station_name: String,
    pub division: DivisionCode,
    pub division_name: String,
    pub round_name: String,
    pub year: i16,
    pub code: String,
    pub line: String,
    pub finding: String,
    pub demand: String,
    pub due_on: Day,
    pub state: OrderState,
    pub last_seq: Option<i32>,
    pub issued_by: String,
    pub issued_on: Day,
    pub closed_on: Option<Day>,
}

impl Order {
    pub fn path(&self) -> String {
        format!("/rectifications/{}", self.id)
    }

    pub fn is_late(&self, today: &Day) -> bool {
        matches!(self.state, OrderState::Ordered | OrderState::Planned) && self.due_on < *today
    }
}

/// Finds an order within reach.
pub async fn find(tx: &mut Tx, id: OrderId) -> Result<Order> {
    let order = sqlx::query_as!(
        Order,
        r#"
        select o.id as "id: OrderId", o.evaluation_id as "evaluation: EvaluationId", o.station_id as "station: StationId",
               s.name as station_name, o.division as "division: DivisionCode", d.name as division_name, round_name, year,
               o.code, line, finding, demand, due_on as "due_on: Day", position as "state: OrderState", last_seq, issued_by,
               issued_on as "issued_on: Day", closed_on as "closed_on: Day"
        from rectification_orders o
        join station_grades g on g.network_id = o.network_id and g.evaluation_id = o.evaluation_id
        join stations s on s.network_id = o.network_id and s.id = o.station_id
        join divisions d on d.network_id = o.network_id and d.code = o.division
        where o.id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(order)
}

/// A filter on orders.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    /// A state, `open` for all that are not done, or `late` for those overdue.
    pub state: String,
    pub year: String,
}

/// An order in a list.
pub type Row = Order;

pub async fn page(tx: &mut Tx, filter: &Filter, paging: Paging) -> Result<Listed<Row>> {
    let today = tx.today();
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from rectification_orders o
        join station_grades g on g.network_id = o.network_id and g.evaluation_id = o.evaluation_id
        join stations s on s.network_id = o.network_id and s.id = o.station_id
        where ($1 = '' or strpos(s.search, $1) > 0) and ($3::smallint is null or year = $3)
          and case $2 when '' then true when 'open' then position in ('ordered', 'planned', 'reported')
              when 'late' then position in ('ordered', 'planned') and due_on < $4 else position = $2 end
        "#,
        filter.q.trim().to_lowercase(),
        filter.state,
        filter.year.trim().parse::<i16>().ok(),
        today.0,
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = some(tx, filter, (paging.size(), paging.offset())).await?;
    Ok(Listed { rows, total, paging })
}

/// The orders within reach that came from a year's evaluations.
pub async fn of_year(tx: &mut Tx, year: i16) -> Result<Vec<Row>> {
    list(tx, &Filter { year: year.to_string(), ..Filter::default() }).await
}

/// All orders that match the filter, for an export: at most 20 000.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Row>> {
    some(tx, filter, (20_000, 0)).await
}

async fn some(tx: &mut Tx, filter: &Filter, (limit, offset): (i64, i64)) -> Result<Vec<Row>> {
    let today = tx.today();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select o.id as "id: OrderId", o.evaluation_id as "evaluation: EvaluationId", o.station_id as "station: StationId",
               s.name as station_name, o.division as "division: DivisionCode", d.name as division_name, round_name, year,
               o.code, line, finding, demand, due_on as "due_on: Day", position as "state: OrderState", last_seq, issued_by,
               issued_on as "issued_on: Day", closed_on as "closed_on: Day"
        from rectification_orders o
        join station_grades g on g.network_id = o.network_id and g.evaluation_id = o.evaluation_id
        join stations s on s.network_id = o.network_id and s.id = o.station_id
        join divisions d on d.network_id = o.network_id and d.code = o.division
        where ($1 = '' or strpos(s.search, $1) > 0) and ($3::smallint is null or year = $3)
          and case $2 when '' then true when 'open' then position in ('ordered', 'planned', 'reported')
              when 'late' then position in ('ordered', 'planned') and due_on < $4 else position = $2 end
        order by position in ('closed', 'withdrawn'), due_on, s.name, o.code limit $5 offset $6
        "#,
        filter.q.trim().to_lowercase(),
        filter.state,
        filter.year.trim().parse::<i16>().ok(),
        today.0,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The lines of evaluations that have an order: evaluation and code.
pub async fn ordered(tx: &mut Tx, of: &[EvaluationId]) -> Result<Vec<(EvaluationId, String)>> {
    let ids: Vec<_> = of.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select evaluation_id as "id: EvaluationId", code from rectification_orders where evaluation_id = any($1)"#,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.code)).collect())
}

/// An order that is not done, shown in the station's next evaluation.
#[derive(Clone, Debug)]
pub struct OpenOrder {
    pub id: OrderId,
    pub code: String,
    pub line: String,
    pub round_name: String,
    pub due_on: Day,
    pub state: OrderState,
}

/// A station's open orders from evaluations other than `but`: at most 100.
pub async fn open_of(tx: &mut Tx, station: StationId, but: EvaluationId) -> Result<Vec<OpenOrder>> {
    let rows = sqlx::query_as!(
        OpenOrder,
        r#"
        select o.id as "id: OrderId", code, line, round_name, due_on as "due_on: Day", position as "state: OrderState"
        from rectification_orders o
        join station_grades g on g.network_id = o.network_id and g.evaluation_id = o.evaluation_id
        where o.station_id = $1 and o.evaluation_id <> $2 and position in ('ordered', 'planned', 'reported')
        order by due_on, code limit 100
        "#,
        station.0,
        but.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A step in an order's history.
#[derive(Clone, Debug)]
pub struct StepRow {
    pub act: OrderStep,
    pub words: String,
    pub due_on: Option<Day>,
    pub file: Option<FileId>,
    pub actor: String,
    pub at: DateTime<Utc>,
}

pub async fn steps(tx: &mut Tx, id: OrderId) -> Result<Vec<StepRow>> {
    let rows = sqlx::query_as!(
        StepRow,
        r#"
        select act as "act: OrderStep", words, due_on as "due_on: Day", file_id as "file: FileId", actor, at
        from rectification_order_steps where order_id = $1 order by seq
        "#,
        id.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Moves an order one step, with words and perhaps a new due date or a file. Refuses if the order
/// was moved after it was read. The caller writes the audit row.
pub async fn step(
    tx: &mut Tx,
    order: &mut Order,
    step: OrderStep,
    what: (&str, Option<Day>, Option<FileId>),
) -> Result<()> {
    let next = order.state.after(step)?;
    if step_all(tx, &[(order.id, order.last_seq)], (order.state, next, step), what).await? != 1 {
        return Err(Error::refused("刚才有人办理过这条整改，您的操作没有执行。请刷新后再看。"));
    }
    if !next.is_open() {
        sqlx::query!(
            "update station_grades set open_orders = open_orders - 1, orders = orders - $2 where evaluation_id = $1",
            order.evaluation.0,
            i16::from(next == OrderState::Withdrawn),
        )
        .execute(tx.conn())
        .await?;
    }
    order.state = next;
    order.last_seq = Some(order.last_seq.unwrap_or(0) + 1);
    Ok(())
}

async fn step_all(
    tx: &mut Tx,
    of: &[(OrderId, Option<i32>)],
    (from, to, step): (OrderState, OrderState, OrderStep),
    (words, due_on, file): (&str, Option<Day>, Option<FileId>),
) -> Result<i64> {
    let (now, today, actor) = (tx.now(), tx.today(), tx.scope().actor.clone());
    let ids: Vec<_> = of.iter().map(|(id, _)| id.0).collect();
    let seqs: Vec<_> = of.iter().map(|(_, seq)| seq.unwrap_or(0) + 1).collect();
    let closed_on = (!to.is_open()).then_some(today.0);
    let moved = sqlx::query_scalar!(
        r#"
        with moved as (
            update rectification_orders o set position = $4, last_seq = t.seq, version = version + 1,
                due_on = coalesce($7, due_on), closed_on = $8
            from unnest($1::uuid[], $2::integer[]) as t (id, seq)
            where o.id = t.id and o.position = $3 and coalesce(o.last_seq, 0) = t.seq - 1
            returning o.id, station_id, division, t.seq
        ), stepped as (
            insert into rectification_order_steps (order_id, station_id, division, seq, act, from_position, to_position,
                seq_before, words, due_on, file_id, actor, at)
            select id, station_id, division, seq, $5, $3, $4, nullif(seq - 1, 0), $6, $7, $9, $10, $11 from moved
        )
        select count(*) as "count!" from moved
        "#,
        &ids,
        &seqs,
        from.as_str(),
        to.as_str(),
        step.as_str(),
        words,
        due_on.map(|day| day.0),
        closed_on,
        file.map(|id| id.0),
        actor,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(moved)
}
