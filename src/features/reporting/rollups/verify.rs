//! Recomputes all sums from the reports alone and compares them with the stored ones.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::compute::Sums;
use crate::{db::Tx, kernel::Result};

/// A stored sum that differs from the total of its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub month: NaiveDate,
    pub division: String,
    pub what: String,
}

/// Result of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    pub places: usize,
    pub reports: usize,
    /// Marks not yet processed: their places may differ until then.
    pub waiting: i64,
    pub differences: Vec<Difference>,
}

fn trimmed(mut values: Vec<Option<i64>>) -> Vec<Option<i64>> {
    while values.last().is_some_and(Option::is_none) {
        values.pop();
    }
    values
}

/// Adds every report of every month to every place above it and compares with the stored sums.
pub async fn verify(tx: &mut Tx) -> Result<Compared> {
    let waiting = sqlx::query_scalar!(r#"select count(*) as "count!" from report_marks"#).fetch_one(tx.conn()).await?;
    let known: BTreeSet<String> = sqlx::query_scalar!("select code from divisions where level <> 'village'")
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .collect();
    let months = sqlx::query_scalar!(
        r#"select month as "month!" from (select month from reports union select month from report_rollups) as months order by 1"#,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut compared = Compared { waiting, ..Compared::default() };
    for month in months {
        let due = add_up(tx, month, &known, &mut compared.reports).await?;
        compare(tx, month, due, &mut compared).await?;
    }
    Ok(compared)
}

async fn add_up(
    tx: &mut Tx,
    month: NaiveDate,
    known: &BTreeSet<String>,
    reports: &mut usize,
) -> Result<BTreeMap<String, Sums>> {
    let rows = sqlx::query!(
        r#"
        select division_then, level, expected, submitted_at is not null as "received!", coalesce(on_time, false) as "on_time!",
               approved_vals as "vals: Vec<Option<i64>>", approved_parts as "parts: Vec<Option<i64>>"
        from reports where month = $1 and (expected or approved_at is not null)
        "#,
        month,
    )
    .fetch_all(tx.conn())
    .await?;
    *reports += rows.len();
    let mut due: BTreeMap<String, Sums> = BTreeMap::new();
    for row in rows {
        let level = match row.level.as_str() {
            "general" => 0,
            "township" => 1,
            _ => 2,
        };
        for length in [9, 6, 4, 2, 0].into_iter().filter(|length| *length <= row.division_then.len()) {
            let code = &row.division_then[..length];
            if !known.contains(code) {
                continue;
            }
            let sums = due.entry(code.to_owned()).or_default();
            sums.expected[level] += i32::from(row.expected);
            sums.received[level] += i32::from(row.expected && row.received);
            sums.on_time[level] += i32::from(row.expected && row.on_time);
            sums.approved[level] += i32::from(row.vals.is_some());
            for (to, more) in [(&mut sums.vals, &row.vals), (&mut sums.parts, &row.parts)] {
                let more = more.as_deref().unwrap_or_default();
                if more.len() > to.len() {
                    to.resize(more.len(), None);
                }
                for (at, value) in more.iter().enumerate() {
                    if let Some(value) = value {
                        to[at] = Some(to[at].unwrap_or(0) + value);
                    }
                }
            }
        }
    }
    Ok(due)
}

async fn compare(
    tx: &mut Tx,
    month: NaiveDate,
    mut due: BTreeMap<String, Sums>,
    compared: &mut Compared,
) -> Result<()> {
    let stored = sqlx::query!(
        r#"
        select division, expected, received, on_time, approved, vals as "vals!: Vec<Option<i64>>",
               parts as "parts!: Vec<Option<i64>>"
        from report_rollups where month = $1 order by division
        "#,
        month,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut differ = |division: &str, what: &str| {
        compared.differences.push(Difference { month, division: division.to_owned(), what: what.to_owned() });
    };
    let mut places = 0;
    for row in stored {
        places += 1;
        let is = due.remove(&row.division).unwrap_or_default();
        for (what, counted, stored) in [
            ("expected", is.expected, &row.expected),
            ("received", is.received, &row.received),
            ("on time", is.on_time, &row.on_time),
            ("approved", is.approved, &row.approved),
        ] {
            if counted.as_slice() != stored.as_slice() {
                differ(&row.division, &format!("{what}: stored {stored:?}, counted {counted:?}"));
            }
        }
        for (what, counted, stored) in [("values", is.vals, row.vals), ("parts", is.parts, row.parts)] {
            let (counted, stored) = (trimmed(counted), trimmed(stored));
            if counted != stored {
                let at = (0..counted.len().max(stored.len())).find(|at| counted.get(*at) != stored.get(*at));
                let at = at.unwrap_or(0);
                let (was, is) = (stored.get(at).copied().flatten(), counted.get(at).copied().flatten());
                differ(&row.division, &format!("{what}, place {}: stored {was:?}, counted {is:?}", at + 1));
            }
        }
    }
    for (division, _) in due {
        differ(&division, "no stored sums");
    }
    compared.places += places;
    Ok(())
}
