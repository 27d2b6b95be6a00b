//! Statements behind the calendar: a network's overrides and the working day reports are due on.

use sqlx::types::Json;

use super::model::{Calendar, nth_working_day};
use crate::{
    db::Tx,
    kernel::{Day, Month, Result},
};

/// The published calendar with the network's overrides applied.
pub async fn calendar(tx: &mut Tx) -> Result<Calendar> {
    let own = sqlx::query!(r#"select day as "day: Day", works, name from calendar_days"#).fetch_all(tx.conn()).await?;
    let mut calendar = Calendar::published();
    for row in own {
        calendar.set(row.day, row.works, row.name);
    }
    Ok(calendar)
}

/// The working day of the next month that reports are due on.
pub async fn rule(tx: &mut Tx) -> Result<u32> {
    let nth = sqlx::query_scalar!("select due_working_day from settings").fetch_one(tx.conn()).await?;
    Ok(u32::try_from(nth).unwrap_or(5))
}

pub async fn set_rule(tx: &mut Tx, nth: u32) -> Result<()> {
    let nth = i16::try_from(nth).unwrap_or(5);
    sqlx::query!("update settings set due_working_day = $1", nth).execute(tx.conn()).await?;
    Ok(())
}

#[derive(Debug, serde::Deserialize)]
struct OwnDay {
    day: Day,
    works: bool,
}

/// The last day on which a month's report is in time, by the present calendar. One statement.
pub async fn due_on(tx: &mut Tx, month: Month) -> Result<Day> {
    let next = month.plus(1);
    let row = sqlx::query!(
        r#"
        select due_working_day,
               coalesce((
                   select json_agg(json_build_object('day', day, 'works', works)) from calendar_days
                   where day between $1 and $2), '[]') as "own!: Json<Vec<OwnDay>>"
        from settings
        "#,
        next.first().0,
        next.last().0,
    )
    .fetch_one(tx.conn())
    .await?;
    let mut calendar = Calendar::published();
    for day in row.own.0 {
        calendar.set(day.day, day.works, String::new());
    }
    Ok(nth_working_day(&calendar, next, u32::try_from(row.due_working_day).unwrap_or(5)))
}

/// Due days of months whose reports are already being filed: later changes don't move them.
pub async fn frozen(tx: &mut Tx) -> Result<Vec<(Month, Day)>> {
    let rows = sqlx::query!(r#"select month as "month: Month", due_on as "due_on: Day" from report_months"#)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.month, row.due_on)).collect())
}

/// Sets a day as worked or free; `None` goes back to the published calendar.
pub async fn set_day(tx: &mut Tx, day: Day, works: Option<bool>, name: &str) -> Result<()> {
    match works {
        Some(works) => {
            sqlx::query!(
                "
                insert into calendar_days (day, works, name) values ($1, $2, $3)
                on conflict (network_id, day) do update set works = excluded.works, name = excluded.name
                ",
                day.0,
                works,
                name,
            )
            .execute(tx.conn())
            .await?
        }
        None => sqlx::query!("delete from calendar_days where day = $1", day.0).execute(tx.conn()).await?,
    };
    Ok(())
}
