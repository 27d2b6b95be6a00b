//! Computes the sums of places whose reports have changed, from the reports and the places below.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::{
    db::Tx,
    kernel::{Result, ratio_bp},
};

/// Marks processed in one transaction.
const AT_ONCE: i64 = 1000;

/// The sums of one place and month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub expected: [i32; 3],
    pub received: [i32; 3],
    pub on_time: [i32; 3],
    pub approved: [i32; 3],
    pub vals: Vec<Option<i64>>,
    pub parts: Vec<Option<i64>>,
}

/// Adds arrays element by element; an element that is blank in all of them stays blank.
fn add(to: &mut Vec<Option<i64>>, more: &[Option<i64>]) {
    if more.len() > to.len() {
        to.resize(more.len(), None);
    }
    for (sum, value) in to.iter_mut().zip(more) {
        if let Some(value) = value {
            *sum = Some(sum.unwrap_or(0) + value);
        }
    }
}

fn count(to: &mut [i32; 3], more: &[i32]) {
    for (sum, value) in to.iter_mut().zip(more) {
        *sum += value;
    }
}

impl Sums {
    fn add(&mut self, more: &Row) {
        count(&mut self.expected, &more.expected);
        count(&mut self.received, &more.received);
        count(&mut self.on_time, &more.on_time);
        count(&mut self.approved, &more.approved);
        add(&mut self.vals, &more.vals);
        add(&mut self.parts, &more.parts);
    }
}

/// One addend: a report, or a place below.
#[derive(Debug)]
struct Row {
    place: String,
    expected: Vec<i32>,
    received: Vec<i32>,
    on_time: Vec<i32>,
    approved: Vec<i32>,
    vals: Vec<Option<i64>>,
    parts: Vec<Option<i64>>,
}

/// Processes marks: recomputes the marked places and every place above them. Returns true if there
/// may be more to do. Only one server does this for a network at a time.
pub async fn compute(tx: &mut Tx) -> Result<bool> {
    let network = tx.scope().network.0.to_string();
    let ours = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('rollups' || $1::text, 0)) as "ours!""#,
        network,
    )
    .fetch_one(tx.conn())
    .await?;
    if !ours {
        return Ok(false);
    }
    let marked = sqlx::query!(
        r#"
        delete from report_marks where id in (select id from report_marks order by month, division limit $1)
        returning month, division
        "#,
        AT_ONCE,
    )
    .fetch_all(tx.conn())
    .await?;
    let more = i64::try_from(marked.len()).unwrap_or(0) == AT_ONCE;
    let mut by_month: BTreeMap<NaiveDate, BTreeSet<String>> = BTreeMap::new();
    for mark in &marked {
        by_month.entry(mark.month).or_default().insert(mark.division.clone());
    }
    for (month, divisions) in by_month {
        compute_month(tx, month, &divisions).await?;
    }
    Ok(more)
}

/// Codes of the division and those above it that have sums; villages have none.
fn around(division: &str) -> impl Iterator<Item = String> + '_ {
    [9, 6, 4, 2, 0].into_iter().filter(|length| *length <= division.len()).map(|length| division[..length].to_owned())
}

async fn compute_month(tx: &mut Tx, month: NaiveDate, divisions: &BTreeSet<String>) -> Result<()> {
    let codes: BTreeSet<String> = divisions.iter().flat_map(|division| around(division)).collect();
    let codes: Vec<String> = codes.into_iter().collect();
    let places =
        sqlx::query!(r#"select code, parent from divisions where code = any($1)"#, &codes).fetch_all(tx.conn()).await?;
    let parents: BTreeMap<String, Option<String>> =
        places.into_iter().map(|place| (place.code, place.parent)).collect();
    for length in [9, 6, 4, 2, 0] {
        let level: Vec<String> = parents.keys().filter(|code| code.len() == length).cloned().collect();
        if level.is_empty() {
            continue;
        }
        let mut rows = reports_of(tx, month, &level).await?;
        if length < 9 {
            rows.extend(children_of(tx, month, &level).await?);
        }
        let mut sums: BTreeMap<String, Sums> = level.iter().map(|code| (code.clone(), Sums::default())).collect();
        for row in &rows {
            sums.entry(row.place.clone()).or_default().add(row);
        }
        write(tx, month, &sums, &parents).await?;
    }
    let families: BTreeSet<String> = parents.values().flatten().cloned().collect();
    rank(tx, month, &families.into_iter().collect::<Vec<_>>()).await?;
    let counties: BTreeSet<String> =
        divisions.iter().filter(|division| division.len() >= 6).map(|division| division[..6].to_owned()).collect();
    medians(tx, month, &counties.into_iter().collect::<Vec<_>>()).await
}

/// Reports that belong to these places directly: a township's and its villages', or the general
/// station of a higher place.
async fn reports_of(tx: &mut Tx, month: NaiveDate, level: &[String]) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select case when length(division_then) > 9 then left(division_then, 9) else division_then end as "place!",
               case level when 'general' then array[e, 0, 0] when 'township' then array[0, e, 0] else array[0, 0, e] end
                   as "expected!",
               case level when 'general' then array[r, 0, 0] when 'township' then array[0, r, 0] else array[0, 0, r] end
                   as "received!",
               case level when 'general' then array[o, 0, 0] when 'township' then array[0, o, 0] else array[0, 0, o] end
                   as "on_time!",
               case level when 'general' then array[a, 0, 0] when 'township' then array[0, a, 0] else array[0, 0, a] end
                   as "approved!",
               vals as "vals!: Vec<Option<i64>>", parts as "parts!: Vec<Option<i64>>"
        from (
            select division_then, level, expected::integer as e, (expected and submitted_at is not null)::integer as r,
                   (expected and coalesce(on_time, false))::integer as o, (approved_at is not null)::integer as a,
                   coalesce(approved_vals, '{}') as vals, coalesce(approved_parts, '{}') as parts
            from reports
            where month = $1 and (expected or approved_at is not null)
              and case when length(division_then) > 9 then left(division_then, 9) else division_then end = any($2)
              and division_then >= $3 and division_then < $4 || '~'
        ) as reports
        "#,
        month,
        level,
        level.iter().min().cloned().unwrap_or_default(),
        level.iter().max().cloned().unwrap_or_default(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Places directly below.
async fn children_of(tx: &mut Tx, month: NaiveDate, level: &[String]) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select parent as "place!", expected, received, on_time, approved, vals as "vals!: Vec<Option<i64>>",
               parts as "parts!: Vec<Option<i64>>"
        from report_rollups where month = $1 and parent = any($2)
        "#,
        month,
        level,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

async fn write(
    tx: &mut Tx,
    month: NaiveDate,
    sums: &BTreeMap<String, Sums>,
    parents: &BTreeMap<String, Option<String>>,
) -> Result<()> {
    let now = tx.now();
    for (code, sums) in sums {
        sqlx::query!(
            "
            insert into report_rollups (month, division, parent, expected, received, on_time, approved, vals, parts,
                computed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (network_id, month, division) do update
            set parent = excluded.parent, expected = excluded.expected, received = excluded.received,
                on_time = excluded.on_time, approved = excluded.approved, vals = excluded.vals, parts = excluded.parts,
                computed_at = excluded.computed_at
            ",
            month,
            code,
            parents.get(code).cloned().flatten(),
            &sums.expected,
            &sums.received,
            &sums.on_time,
            &sums.approved,
            &sums.vals as &[Option<i64>],
            &sums.parts as &[Option<i64>],
            now,
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Ranks places among their siblings by reports on time ÷ reports expected, and stores the
/// siblings' median, since a page's reach hides the siblings themselves. Ties share a rank.
async fn rank(tx: &mut Tx, month: NaiveDate, families: &[String]) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        select division, parent as "parent!", on_time[1] + on_time[2] + on_time[3] as "on_time!",
               expected[1] + expected[2] + expected[3] as "expected!"
        from report_rollups where month = $1 and parent = any($2) and expected[1] + expected[2] + expected[3] > 0
        "#,
        month,
        families,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut by_parent: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for row in rows {
        let bp = ratio_bp(row.on_time.into(), row.expected.into()).unwrap_or(0);
        by_parent.entry(row.parent).or_default().push((bp, row.division));
    }
    let (mut divisions, mut ranks, mut siblings, mut medians) = (vec![], vec![], vec![], vec![]);
    let whole = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    for mut family in by_parent.into_values() {
        family.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let median = family[family.len() / 2].0;
        let mut rank = 0;
        for at in 0..family.len() {
            if at == 0 || family[at].0 != family[at - 1].0 {
                rank = at + 1;
            }
            divisions.push(family[at].1.clone());
            ranks.push(whole(rank));
            siblings.push(whole(family.len()));
            medians.push(i32::try_from(median).unwrap_or(0));
        }
    }
    sqlx::query!(
        "
        update report_rollups set rank = place.rank, siblings = place.siblings, median_bp = place.median
        from unnest($2::text[], $3::integer[], $4::integer[], $5::integer[]) as place (division, rank, siblings, median)
        where report_rollups.month = $1 and report_rollups.division = place.division
          and (report_rollups.rank, report_rollups.siblings, report_rollups.median_bp)
              is distinct from (place.rank, place.siblings, place.median)
        ",
        month,
        &divisions,
        &ranks,
        &siblings,
        &medians,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Medians of what a county's stations of each level submitted.
async fn medians(tx: &mut Tx, month: NaiveDate, counties: &[String]) -> Result<()> {
    for county in counties {
        let rows = sqlx::query!(
            r#"
            select level, vals as "vals!: Vec<Option<i64>>" from reports
            where month = $1 and division_then >= $2 and division_then < $2 || '~' and submitted_at is not null
            "#,
            month,
            county,
        )
        .fetch_all(tx.conn())
        .await?;
        let mut by_level: BTreeMap<String, Vec<Vec<Option<i64>>>> = BTreeMap::new();
        for row in rows {
            by_level.entry(row.level).or_default().push(row.vals);
        }
        for (level, reports) in by_level {
            let vals = median_by_place(&reports);
            sqlx::query!(
                "
                insert into report_medians (month, division, level, stations, vals) values ($1, $2, $3, $4, $5)
                on conflict (network_id, month, division, level) do update
                set stations = excluded.stations, vals = excluded.vals
                ",
                month,
                county,
                level,
                i32::try_from(reports.len()).unwrap_or(i32::MAX),
                &vals as &[Option<i64>],
            )
            .execute(tx.conn())
            .await?;
        }
    }
    Ok(())
}

/// Element-wise median of the reports that have a value; the lower of two middle values.
fn median_by_place(reports: &[Vec<Option<i64>>]) -> Vec<Option<i64>> {
    let longest = reports.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .map(|at| {
            let mut known: Vec<i64> = reports.iter().filter_map(|vals| vals.get(at).copied().flatten()).collect();
            known.sort_unstable();
            (!known.is_empty()).then(|| known[(known.len() - 1) / 2])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_stays_blank() {
        let mut sum = vec![];
        add(&mut sum, &[Some(1), None]);
        add(&mut sum, &[Some(2), None, Some(0)]);
        assert_eq!(sum, [Some(3), None, Some(0)]);
    }

    #[test]
    fn medians_leave_blanks_out() {
        let reports = [vec![Some(1), None], vec![Some(9)], vec![Some(5), Some(7)], vec![None]];
        assert_eq!(median_by_place(&reports), [Some(5), Some(7)]);
        assert!(median_by_place(&[]).is_empty());
    }

    #[test]
    fn a_village_adds_to_its_township_and_all_above() {
        assert_eq!(around("510411100001").collect::<Vec<_>>(), ["510411100", "510411", "5104", "51", ""]);
        assert_eq!(around("510411").collect::<Vec<_>>(), ["510411", "5104", "51", ""]);
    }
}
