//! Reminders of missing reports: three days and one day before the deadline, on the day, and one,
//! three and seven days after, each time one level further up.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::types::Json;

use crate::{
    access::Role,
    db::Tx,
    features::ground::notices::{self, NewNotice},
    kernel::{AccountId, Day, DivisionCode, Month, Result, StationId},
};

/// Name of the daily job that sends the reminders.
pub const REMIND: &str = "reports.remind";

/// Days after the deadline on which reminders are sent.
const DAYS: [i64; 6] = [-3, -1, 0, 1, 3, 7];

/// The latest step reached so many days after the deadline, if it is less than a week old.
fn step(days: i64) -> Option<i64> {
    DAYS.into_iter().rev().find(|step| *step <= days).filter(|step| days - step < 7)
}

/// Roles reminded besides the station heads.
fn above(step: i64) -> &'static [Role] {
    match step {
        1 => &[Role::TownshipOfficer],
        3 => &[Role::TownshipOfficer, Role::CountyOfficer],
        7 => &[Role::TownshipOfficer, Role::CountyOfficer, Role::BureauOfficer],
        _ => &[],
    }
}

fn words(step: i64) -> String {
    match step {
        0 => "今天截止".to_owned(),
        ..0 => format!("还剩 {} 天截止", -step),
        _ => format!("已逾期 {step} 天"),
    }
}

#[derive(Debug, Deserialize)]
struct Officer {
    account: AccountId,
    role: String,
    division: String,
}

/// Sends today's reminders of missing reports, each account once per step, however many servers run
/// this.
pub async fn remind(tx: &mut Tx) -> Result<()> {
    let today = tx.today();
    let since = today.month().plus(-3).first();
    let missing = sqlx::query!(
        r#"
        select r.station_id as "station: StationId", stations.name, r.division as "division: DivisionCode",
               r.month as "month: Month", coalesce(longer.extended_to, months.due_on) as "last!: Day",
               array(
                   select distinct grants.account_id from grant_stations
                   join grants on grants.network_id = grant_stations.network_id and grants.id = grant_stations.grant_id
                   where grants.role = 'station_head' and grants.ended_at is null and grants.since <= $2
                     and (grants.until is null or grants.until >= $2)
                     and (grant_stations.station_id = r.station_id
                         or grant_stations.station_id = stations.parent_id and stations.level = 'village')
               ) as "heads!: Vec<AccountId>"
        from reports r
        join stations on stations.network_id = r.network_id and stations.id = r.station_id
        join report_months months on months.network_id = r.network_id and months.month = r.month
        left join report_extensions longer on longer.network_id = r.network_id and longer.station_id = r.station_id
            and longer.month = r.month
        where r.expected and r.submitted_at is null and r.month >= $1
        "#,
        since.0,
        today.0,
    )
    .fetch_all(tx.conn())
    .await?;
    let officers = sqlx::query_scalar!(
        r#"
        select coalesce(json_agg(json_build_object('account', account_id, 'role', role, 'division', division)), '[]')
            as "officers!: Json<Vec<Officer>>"
        from grants
        where role in ('township_officer', 'county_officer', 'bureau_officer') and ended_at is null and since <= $1
          and (until is null or until >= $1)
        "#,
        today.0,
    )
    .fetch_one(tx.conn())
    .await?
    .0;
    let mut notices: Vec<NewNotice> = vec![];
    // Number of missing reports by officer, month and step.
    let mut counts: BTreeMap<(AccountId, Month, i64), (usize, String)> = BTreeMap::new();
    for row in &missing {
        let Some(step) = step(row.last.days_to(today)) else { continue };
        for head in &row.heads {
            notices.push(NewNotice {
                account: *head,
                once_key: format!("remind/{}/{}/{step}", row.station, row.month),
                division: row.division.to_string(),
                title: format!("{} {}月报还没有提交，{}", row.name, row.month.label(), words(step)),
                path: format!("/reports/{}/{}", row.station, row.month),
            });
        }
        for officer in officers.iter().filter(|officer| {
            above(step).iter().any(|role| role.as_str() == officer.role)
                && row.division.as_str().starts_with(officer.division.as_str())
        }) {
            let entry = counts.entry((officer.account, row.month, step)).or_default();
            entry.0 += 1;
            entry.1.clone_from(&officer.division);
        }
    }
    for ((account, month, step), (count, division)) in counts {
        notices.push(NewNotice {
            account,
            once_key: format!("missing/{month}/{step}"),
            division,
            title: format!("有 {count} 个站点的{}月报没有提交，{}", month.label(), words(step)),
            path: format!("/reports?tab=missing&month={month}"),
        });
    }
    notices::tell_all(tx, &notices).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_due_on_its_day_and_made_up_for_when_nobody_was_there() {
        let steps: Vec<_> = (-5..=16).map(step).collect();
        assert_eq!(steps[..3], [None, None, Some(-3)]);
        assert_eq!(
            [-2, -1, 0, 1, 2, 3, 6, 7, 13, 14].map(step),
            [Some(-3), Some(-1), Some(0), Some(1), Some(1), Some(3), Some(3), Some(7), Some(7), None]
        );
    }

    #[test]
    fn each_step_after_the_last_day_goes_one_level_further_up() {
        assert_eq!(DAYS.map(|step| above(step).len()), [0, 0, 0, 1, 2, 3]);
    }
}
