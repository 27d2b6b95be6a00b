//! Statements behind the rules of funds and the yearly spending on people in need.

use super::model::{Assistance, Purpose, Rule, RuleKind};
use crate::{
    db::{AtField, Tx},
    kernel::{Day, DivisionCode, Error, ProjectId, Result, RuleId},
};

const CONSTRAINTS: [(&str, &str, &str); 1] =
    [("fund_rules_one_at_a_time", "since", "这个地方这段时间已经有同一种规则。请先给原来的规则填上最后日期，再新增。")];

/// All rules, newest first within each kind and place.
pub async fn rules(tx: &mut Tx) -> Result<Vec<Rule>> {
    let rules = sqlx::query_as!(
        Rule,
        r#"
        select id as "id: RuleId", kind as "kind: RuleKind", division as "division: DivisionCode",
               coalesce(divisions.name, '') as "division_name!", fund_rules.since as "since: Day",
               fund_rules.until as "until: Day", is_hard, share_bp, purposes as "purposes: Vec<Purpose>", basis, version
        from fund_rules left join divisions on divisions.code = division and divisions.network_id = fund_rules.network_id
        order by kind, division, fund_rules.since desc limit 500
        "#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rules)
}

/// The rules in force in a place on a day, including those of all places above it: a lower level
/// may ask for more, never for less.
pub async fn rules_for(tx: &mut Tx, place: &DivisionCode, day: Day) -> Result<Vec<Rule>> {
    let rules = sqlx::query_as!(
        Rule,
        r#"
        select id as "id: RuleId", kind as "kind: RuleKind", division as "division: DivisionCode",
               '' as "division_name!", since as "since: Day", until as "until: Day", is_hard, share_bp,
               purposes as "purposes: Vec<Purpose>", basis, version
        from fund_rules
        where starts_with($1, division) and since <= $2 and (until is null or until >= $2)
        order by kind, length(division)
        "#,
        place.as_str(),
        day.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rules)
}

/// The strictest rule of a kind in force in a place on a day: the one with the smallest share.
pub fn rule_at<'a>(rules: &'a [Rule], kind: RuleKind, place: &DivisionCode, day: Day) -> Option<&'a Rule> {
    let holds = |rule: &&Rule| {
        rule.kind == kind
            && rule.division.contains(place)
            && rule.since <= day
            && rule.until.is_none_or(|until| until >= day)
    };
    rules.iter().filter(holds).min_by_key(|rule| rule.share_bp)
}

pub async fn find(tx: &mut Tx, id: RuleId) -> Result<Rule> {
    rules(tx).await?.into_iter().find(|rule| rule.id == id).ok_or(Error::NotFound)
}

fn purposes(rule: &Rule) -> Vec<String> {
    rule.purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect()
}

pub async fn add_rule(tx: &mut Tx, rule: &Rule) -> Result<()> {
    let by = tx.scope().actor.clone();
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into fund_rules (id, kind, division, since, until, is_hard, share_bp, purposes, basis, changed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ",
        rule.id.0,
        rule.kind.as_str(),
        rule.division.as_str(),
        rule.since.0,
        rule.until.map(|day| day.0),
        rule.is_hard,
        rule.share_bp,
        &purposes(rule),
        rule.basis,
        by,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    Ok(())
}

/// Changes a rule unless somebody changed it first. Its kind stays.
pub async fn change_rule(tx: &mut Tx, rule: &Rule) -> Result<()> {
    let by = tx.scope().actor.clone();
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update fund_rules set since = $3, until = $4, is_hard = $5, share_bp = $6, purposes = $7, basis = $8,
            changed_by = $9, version = version + 1
        where id = $1 and version = $2
        ",
        rule.id.0,
        rule.version,
        rule.since.0,
        rule.until.map(|day| day.0),
        rule.is_hard,
        rule.share_bp,
        &purposes(rule),
        rule.basis,
        by,
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    if saved == 1 {
        Ok(())
    } else {
        Err(Error::at(
            "version",
            "您打开这个页面以后有人改过这条规则，还没有保存。核对后再点一次「保存」就以您填的为准。",
        ))
    }
}

/// A county's use of its assistance fund in the years a project uses it (`own`: year, fen).
/// Terminated projects use nothing.
pub async fn assistance(
    tx: &mut Tx,
    place: &DivisionCode,
    own: &[(i16, i64)],
    without: ProjectId,
) -> Result<Vec<Assistance>> {
    if own.is_empty() {
        return Ok(vec![]);
    }
    let (years, amounts): (Vec<i16>, Vec<i64>) = own.iter().copied().unzip();
    let funds = sqlx::query_as!(
        Assistance,
        r#"
        select own.year::integer as "year!", sum(own.amount)::bigint as "own!",
               (select amount from assistance_spending s where division = $1 and s.year = own.year - 1) as spent_before,
               coalesce((select sum(source.amount)::bigint
                from projects join project_sources source
                    on source.network_id = projects.network_id and source.project_id = projects.id
                where projects.division = $1 and projects.id <> $4 and source.year = own.year
                  and source.kind = 'assistance' and projects.state <> 'terminated'), 0) as "others!"
        from unnest($2::smallint[], $3::bigint[]) as own (year, amount)
        group by own.year order by own.year
        "#,
        place.as_str(),
        &years,
        &amounts,
        without.0,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(funds)
}

/// A county's spending on people in need in a year.
#[derive(Debug)]
pub struct Spent {
    pub year: i16,
    pub division_name: String,
    pub amount: i64,
    pub document: String,
    pub entered_by: String,
}

pub async fn spending(tx: &mut Tx) -> Result<Vec<Spent>> {
    let spent = sqlx::query_as!(
        Spent,
        r#"
        select year, divisions.name as division_name, amount, document, entered_by
        from assistance_spending join divisions
            on divisions.network_id = assistance_spending.network_id and divisions.code = division
        order by year desc, division limit 500
        "#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(spent)
}

/// Saves a county's spending; saving the same year again corrects it. Returns the earlier amount.
pub async fn set_spending(
    tx: &mut Tx,
    place: &DivisionCode,
    year: i16,
    amount: i64,
    document: &str,
) -> Result<Option<i64>> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let before = sqlx::query_scalar!(
        "select amount from assistance_spending where division = $1 and year = $2",
        place.as_str(),
        year
    )
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query!(
        "
        insert into assistance_spending (division, year, amount, document, entered_by, entered_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (network_id, division, year) do update
        set amount = excluded.amount, document = excluded.document, entered_by = excluded.entered_by,
            entered_at = excluded.entered_at
        ",
        place.as_str(),
        year,
        amount,
        document,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(before)
}
