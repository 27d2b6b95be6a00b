//! Statements that read across all parts of projects: overview, money, waivers, notice.

use sqlx::types::Json;

use crate::{
    db::Tx,
    features::purchasing::{
        appraisals::{Appraisal, Grade, Kind, Rectification},
        deliverables::Done,
        funds::{RuleKind, Source},
        payments::Pay,
        projects::{State, StepRow},
    },
    kernel::{Day, DivisionCode, ProjectId, Result, StationId},
};

/// Everything that happened to an open project.
#[derive(Debug)]
pub struct Glance {
    pub steps: Vec<StepRow>,
    pub pays: Vec<Pay>,
    pub appraisals: Vec<Appraisal>,
    pub rectifications: Vec<Rectification>,
    pub done: Vec<Done>,
    pub adjustments_waiting: i64,
    /// The filing of the agreement: id, state.
    pub filing: Option<(String, String)>,
    /// The covered stations within reach.
    pub stations: Vec<(StationId, String)>,
}

pub async fn glance(tx: &mut Tx, id: ProjectId, stations: &[StationId]) -> Result<Glance> {
    let ids: Vec<_> = stations.iter().map(|id| id.0).collect();
    let row = sqlx::query!(
        r#"
        select (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from project_steps t
                where project_id = $1) as "steps!: Json<Vec<StepRow>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from instalments t
                where project_id = $1) as "pays!: Json<Vec<Pay>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq desc), '[]') from appraisals t
                where project_id = $1) as "appraisals!: Json<Vec<Appraisal>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from rectifications t
                where project_id = $1) as "rectifications!: Json<Vec<Rectification>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by month, seq), '[]') from deliverable_months t
                where project_id = $1) as "done!: Json<Vec<Done>>",
               (select count(*) from budget_adjustments where project_id = $1 and state = 'asked') as "waiting!",
               (select jsonb_build_array(id, state) from filings where project_id = $1)
                as "filing: Json<(String, String)>",
               (select coalesce(jsonb_agg(jsonb_build_array(id, name) order by code), '[]') from stations
                where id = any ($2)) as "stations!: Json<Vec<(StationId, String)>>"
        "#,
        id.0,
        &ids,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Glance {
        steps: row.steps.0,
        pays: row.pays.0,
        appraisals: row.appraisals.0,
        rectifications: row.rectifications.0,
        done: row.done.0,
        adjustments_waiting: row.waiting,
        filing: row.filing.map(|filing| filing.0),
        stations: row.stations.0,
    })
}

/// The money of a source in a year. Amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BySource {
    pub kind: Source,
    pub year: i16,
    pub projects: i64,
    pub planned: i64,
    /// The contract sums, split over each project's sources in proportion to the plan, exact to the
    /// fen. Linked resources are not part of a contract.
    pub contracted: i64,
    pub paid: i64,
}

impl BySource {
    pub fn balance(&self) -> i64 {
        self.contracted - self.paid
    }
}

/// The money of projects in a place within reach, by source and year.
pub async fn by_source(tx: &mut Tx, place: &DivisionCode, year: Option<i16>) -> Result<Vec<BySource>> {
    let rows = sqlx::query_as!(
        BySource,
        r#"
        with shared as (
            select s.kind, s.year, s.project_id, s.amount, s.paid,
                   case when s.kind = 'linked' or p.state in ('planned', 'filed', 'procuring') then 0
                       else div(p.contract_sum * s.upto, s.whole) - div(p.contract_sum * (s.upto - s.part), s.whole)
                   end as contracted
            from projects p join (
                select *, case when kind = 'linked' then 0 else amount end as part,
                       sum(case when kind = 'linked' then 0 else amount end) over (partition by project_id order by seq) as upto,
                       greatest(sum(case when kind = 'linked' then 0 else amount end) over (partition by project_id), 1) as whole
                from project_sources where division >= $1 and division < $2
            ) s on s.network_id = p.network_id and s.project_id = p.id
            where p.state <> 'terminated' or p.paid > 0
        )
        select kind as "kind: Source", year, count(distinct project_id) as "projects!", sum(amount)::bigint as "planned!",
               sum(contracted)::bigint as "contracted!", sum(paid)::bigint as "paid!"
        from shared where $3::smallint is null or year = $3
        group by kind, year order by year desc, kind
        "#,
        place.as_str(),
        place.end(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A county's use of its assistance fund in a year, and its spending on people in need the year
/// before. Amounts in fen.
#[derive(Debug)]
pub struct Cap {
    pub division: DivisionCode,
    pub division_name: String,
    pub year: i16,
    pub taken: i64,
    pub spent_before: Option<i64>,
}

pub async fn caps(tx: &mut Tx, place: &DivisionCode, year: Option<i16>) -> Result<Vec<Cap>> {
    let caps = sqlx::query_as!(
        Cap,
        r#"
        select p.division as "division: DivisionCode", d.name as division_name, s.year, sum(s.amount)::bigint as "taken!",
               (select a.amount from assistance_spending a where a.network_id = p.network_id and a.division = p.division
                  and a.year = s.year - 1) as spent_before
        from project_sources s
        join projects p on p.network_id = s.network_id and p.id = s.project_id
        join divisions d on d.network_id = p.network_id and d.code = p.division
        where s.kind = 'assistance' and p.state <> 'terminated' and s.division >= $1 and s.division < $2
          and ($3::smallint is null or s.year = $3)
        group by p.network_id, p.division, d.name, s.year order by s.year desc, p.division limit 500
        "#,
        place.as_str(),
        place.end(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(caps)
}

/// A soft rule a project does not keep, with the reason given.
#[derive(Debug)]
pub struct Waived {
    pub project: ProjectId,
    pub name: String,
    pub division_name: String,
    pub kind: RuleKind,
    pub reason: String,
    pub given_by: String,
}

pub async fn waived(tx: &mut Tx, place: &DivisionCode, year: Option<i16>) -> Result<Vec<Waived>> {
    let waived = sqlx::query_as!(
        Waived,
        r#"
        select p.id as "project: ProjectId", p.name, d.name as division_name,
               r.kind as "kind: RuleKind", reason, given_by
        from project_waivers w
        join projects p on p.network_id = w.network_id and p.id = w.project_id
        join divisions d on d.network_id = p.network_id and d.code = p.division
        join fund_rules r on r.network_id = w.network_id and r.id = w.rule_id
        where w.division >= $1 and w.division < $2 and ($3::smallint is null or p.year = $3)
        order by given_at desc limit 200
        "#,
        place.as_str(),
        place.end(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(waived)
}

/// A project with lottery money, as published in the notice. Amounts in fen.
#[derive(Debug)]
pub struct Noticed {
    pub name: String,
    pub agency_name: Option<String>,
    pub content: String,
    pub purpose: String,
    /// Lottery money: planned, paid.
    pub amount: i64,
    pub paid: i64,
    /// The whole project: contract sum, spent.
    pub contract_sum: i64,
    pub spent: i64,
    pub state: State,
    pub starts_on: Option<Day>,
    pub ends_on: Option<Day>,
    /// Deliverables: name, unit, planned, counted.
    pub delivered: Json<Vec<(String, String, i64, i64)>>,
    /// Evaluations: kind, grade.
    pub graded: Json<Vec<(Kind, Grade)>>,
}

/// The signed projects of a place that use lottery money of a year.
pub async fn noticed(tx: &mut Tx, place: &DivisionCode, year: i16) -> Result<Vec<Noticed>> {
    let rows = sqlx::query_as!(
        Noticed,
        r#"
        select p.name, (select a.name from agencies a where a.network_id = p.network_id and a.id = p.agency_id) as agency_name,
               content, lottery_purpose as purpose, s.amount as "amount!", s.paid as "paid!", contract_sum, spent,
               state as "state!: State", starts_on as "starts_on: Day",
               ends_on as "ends_on: Day",
               (select coalesce(jsonb_agg(jsonb_build_array(x.name, x.unit, x.planned, coalesce((
                    select sum(m.counted)::bigint from deliverable_months m
                    where m.network_id = x.network_id and m.project_id = x.project_id and m.seq = x.seq), 0))
                    order by x.seq), '[]')
                from deliverables x where x.network_id = p.network_id and x.project_id = p.id)
                as "delivered!: Json<Vec<(String, String, i64, i64)>>",
               (select coalesce(jsonb_agg(jsonb_build_array(a.kind, a.grade) order by a.seq), '[]') from appraisals a
                where a.network_id = p.network_id and a.project_id = p.id and a.kind <> 'spot')
                as "graded!: Json<Vec<(Kind, Grade)>>"
        from projects p
        join (select network_id, project_id, sum(amount)::bigint as amount, sum(paid)::bigint as paid
              from project_sources where kind = 'lottery' and year = $3 and division >= $1 and division < $2
              group by network_id, project_id) s on s.network_id = p.network_id and s.project_id = p.id
        where p.state not in ('planned', 'filed', 'procuring')
        order by p.division, p.number limit 500
        "#,
        place.as_str(),
        place.end(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
