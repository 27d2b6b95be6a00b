//! Statements that find, lock, insert and update a project and its plan.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;

use super::stale;
use crate::{
    db::{AtField, Tx},
    features::purchasing::{
        funds::{Facts, Purpose, Source},
        projects::model::{
            Bid, Category, Deliverable, DocumentKind, Draft, Instalment, Item, Line, LineCategory, Member, Method,
            Position, SourceRow, State, Terms, Waiver, amounts,
        },
    },
    kernel::{AccountId, AgencyId, Day, DivisionCode, Error, FileId, ProjectId, Result, RuleId, StationId, initials},
};

/// A project without its child rows. Amounts in fen.
#[derive(Clone, Debug)]
pub struct Project {
    pub id: ProjectId,
    pub number: String,
    pub name: String,
    pub year: i16,
    pub division: DivisionCode,
    pub division_name: String,
    pub township: Option<DivisionCode>,
    pub township_name: Option<String>,
    pub stations: Vec<StationId>,
    pub agency: Option<AgencyId>,
    pub agency_name: Option<String>,
    pub evaluators: Vec<AccountId>,
    pub category: Category,
    pub method: Method,
    pub plan_number: String,
    pub lot: String,
    pub authority: String,
    pub content: String,
    pub budget: i64,
    pub is_fixed_price: bool,
    pub for_small_enterprises: bool,
    pub lottery_purpose: Option<Purpose>,
    pub notice_on: Option<Day>,
    pub awarded_on: Option<Day>,
    pub committed_hours: Option<i32>,
    pub terms: Terms,
    pub contract_sum: i64,
    pub paid: i64,
    pub withheld: i64,
    pub spent: i64,
    pub position: Position,
    pub last_seq: Option<i32>,
    pub version: i32,
}

impl Project {
    pub fn state(&self) -> State {
        self.position.state()
    }

    pub fn path(&self) -> String {
        format!("/projects/{}", self.id)
    }

    pub fn is_drafted(&self) -> bool {
        self.state().is_drafted()
    }

    /// The part of the contract neither paid nor withheld.
    pub fn outstanding(&self) -> i64 {
        self.contract_sum - self.paid - self.withheld
    }

    /// Refuses changes to a signed contract.
    pub fn require_draft(&self) -> Result<()> {
        if self.is_drafted() {
            return Ok(());
        }
        Err(Error::refused(format!(
            "项目现在是「{}」，合同内容不能再改。签约后预算用「预算调整」，人员用「团队」，款项用「付款」办理。",
            self.state().label()
        )))
    }

    /// Refuses new documents and team members once the project is over.
    pub fn require_open(&self) -> Result<()> {
        if matches!(self.state(), State::Closed | State::Terminated) {
            return Err(Error::refused(format!("项目已经是「{}」，不能再添加或修改。", self.state().label())));
        }
        Ok(())
    }

    /// The day that decides which rules apply: the day of signing, or today.
    pub fn ruled_on(&self, today: Day) -> Day {
        self.terms.signed_on.unwrap_or(today)
    }

    pub fn draft(&self, plan: &Plan) -> Draft {
        Draft {
            number: self.number.clone(),
            name: self.name.clone(),
            year: self.year,
            division: self.division.clone(),
            township: self.township.clone(),
            category: self.category,
            method: self.method,
            plan_number: self.plan_number.clone(),
            lot: self.lot.clone(),
            authority: self.authority.clone(),
            content: self.content.clone(),
            budget: self.budget,
            is_fixed_price: self.is_fixed_price,
            for_small_enterprises: self.for_small_enterprises,
            lottery_purpose: self.lottery_purpose,
            stations: self.stations.clone(),
            sources: plan.sources.clone(),
        }
    }
}

/// A document attached to a project.
#[derive(Clone, Debug, Deserialize)]
pub struct Document {
    pub file_id: FileId,
    pub kind: DocumentKind,
    pub name: String,
    pub note: String,
    pub entered_by: String,
    pub entered_at: DateTime<Utc>,
}

/// The child rows of a project up to signing.
#[derive(Clone, Debug)]
pub struct Plan {
    pub sources: Vec<SourceRow>,
    pub bids: Vec<Bid>,
    pub lines: Vec<Line>,
    pub deliverables: Vec<Deliverable>,
    pub waivers: Vec<Waiver>,
    pub documents: Vec<Document>,
    pub team: Vec<Member>,
}

impl Plan {
    /// The figures that rules look at. The caller adds the county's assistance fund.
    pub fn facts(&self, purpose: Option<Purpose>) -> Facts {
        let mut facts = Facts { purpose, amounts: amounts(&self.sources), ..Facts::default() };
        facts.budgeted = self.lines.iter().map(Line::available).sum();
        let of = |category| self.lines.iter().filter(|line| line.category == category).map(Line::available).sum();
        facts.growth = of(LineCategory::Growth);
        facts.personnel = of(LineCategory::Personnel);
        facts
    }

    /// The documents required before procurement that are missing.
    pub fn missing_documents(&self) -> Vec<&'static str> {
        let is_there = |kind: &DocumentKind| self.documents.iter().any(|document| document.kind == *kind);
        DocumentKind::BEFORE.iter().filter(|kind| !is_there(kind)).map(|kind| kind.label()).collect()
    }

    pub fn waiver(&self, rule: RuleId) -> Option<&Waiver> {
        self.waivers.iter().find(|waiver| waiver.rule_id == rule)
    }

    pub fn of_source(&self, source: Source) -> i64 {
        self.sources.iter().filter(|row| row.kind == source).map(|row| row.amount).sum()
    }
}

/// Finds a project within reach and opens all its child rows to this transaction.
pub async fn find(tx: &mut Tx, id: ProjectId) -> Result<Project> {
    tx.open_project(id).await?;
    let row = sqlx::query!(
        r#"
        select p.id as "id: ProjectId", number, p.name, year, division as "division: DivisionCode",
               division.name as division_name, township as "township: DivisionCode",
               (select name from divisions where code = township and network_id = p.network_id) as township_name,
               station_ids as "stations: Vec<StationId>", agency_id as "agency: AgencyId",
               (select name from agencies where agencies.network_id = p.network_id and agencies.id = agency_id) as agency_name,
               evaluators as "evaluators: Vec<AccountId>", category as "category: Category", method as "method: Method",
               plan_number, lot, authority, content, budget, is_fixed_price, for_small_enterprises, lottery_purpose,
               notice_on as "notice_on: Day", awarded_on as "awarded_on: Day", committed_hours, contract_number, party_a,
               party_a_address, party_b, party_b_address, signed_on as "signed_on: Day", starts_on as "starts_on: Day",
               ends_on as "ends_on: Day", place, payment_terms, acceptance_terms, liability_terms, dispute_terms,
               contract_sum, paid, withheld, spent, position, last_seq, p.version,
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from contract_items t
                where t.network_id = p.network_id and project_id = p.id) as "items!: Json<Vec<Item>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from instalments t
                where t.network_id = p.network_id and project_id = p.id) as "instalments!: Json<Vec<Instalment>>"
        from projects p join divisions division on division.network_id = p.network_id and division.code = p.division
        where p.id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    let position = Position::parse(&row.position).ok_or_else(|| Error::bug(format!("position {}", row.position)))?;
    Ok(Project {
        id: row.id,
        number: row.number,
        name: row.name,
        year: row.year,
        division: row.division,
        division_name: row.division_name,
        township: row.township,
        township_name: row.township_name,
        stations: row.stations,
        agency: row.agency,
        agency_name: row.agency_name,
        evaluators: row.evaluators,
        category: row.category,
        method: row.method,
        plan_number: row.plan_number,
        lot: row.lot,
        authority: row.authority,
        content: row.content,
        budget: row.budget,
        is_fixed_price: row.is_fixed_price,
        for_small_enterprises: row.for_small_enterprises,
        lottery_purpose: Purpose::parse(&row.lottery_purpose),
        notice_on: row.notice_on,
        awarded_on: row.awarded_on,
        committed_hours: row.committed_hours,
        terms: Terms {
            contract_number: row.contract_number,
            party_a: row.party_a,
            party_a_address: row.party_a_address,
            party_b: row.party_b,
            party_b_address: row.party_b_address,
            signed_on: row.signed_on,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            place: row.place,
            payment_terms: row.payment_terms,
            acceptance_terms: row.acceptance_terms,
            liability_terms: row.liability_terms,
            dispute_terms: row.dispute_terms,
            items: row.items.0,
            instalments: row.instalments.0,
        },
        contract_sum: row.contract_sum,
        paid: row.paid,
        withheld: row.withheld,
        spent: row.spent,
        position,
        last_seq: row.last_seq,
        version: row.version,
    })
}

/// The plan of an open project: its child rows up to signing.
pub async fn plan(tx: &mut Tx, id: ProjectId) -> Result<Plan> {
    let row = sqlx::query!(
        r#"
        select (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from project_sources t
                where project_id = $1) as "sources!: Json<Vec<SourceRow>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from project_bids t
                where project_id = $1) as "bids!: Json<Vec<Bid>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from budget_lines t
                where project_id = $1) as "lines!: Json<Vec<Line>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from deliverables t
                where project_id = $1) as "deliverables!: Json<Vec<Deliverable>>",
               (select coalesce(jsonb_agg(to_jsonb(t)), '[]') from project_waivers t
                where project_id = $1) as "waivers!: Json<Vec<Waiver>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by entered_at), '[]') from project_documents t
                where project_id = $1) as "documents!: Json<Vec<Document>>",
               (select coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from project_team t
                where project_id = $1) as "team!: Json<Vec<Member>>"
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Plan {
        sources: row.sources.0,
        bids: row.bids.0,
        lines: row.lines.0,
        deliverables: row.deliverables.0,
        waivers: row.waivers.0,
        documents: row.documents.0,
        team: row.team.0,
    })
}

/// Locks a project: nobody else moves its money until this transaction ends.
pub async fn take(tx: &mut Tx, id: ProjectId) -> Result<Project> {
    tx.open_project(id).await?;
    sqlx::query!("select id from projects where id = $1 for update", id.0).fetch_one(tx.conn()).await?;
    find(tx, id).await
}

/// The project's budget in fen as filed with the authority above, unless that filing was returned.
pub async fn filed_budget(tx: &mut Tx, project: &Project) -> Result<Option<i64>> {
    let amount = sqlx::query_scalar!(
        r#"
        select (filed ->> 'amount')::bigint as "amount!"
        from filings, jsonb_array_elements(content) as filed
        where kind = 'plan' and division = $2 and year = $3 and state <> 'returned' and filed ->> 'id' = $1
        "#,
        project.id.to_string(),
        project.division.as_str(),
        project.year,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(amount)
}

const CONSTRAINTS: [(&str, &str, &str); 1] =
    [("projects_number_once", "number", "已经有这个编号的项目，请换一个编号。")];

fn search_words(draft: &Draft) -> String {
    format!("{} {} {}", draft.number, draft.name, initials(&draft.name)).to_lowercase()
}

fn source_kinds(draft: &Draft) -> Vec<String> {
    amounts(&draft.sources).into_keys().map(|kind| kind.as_str().to_owned()).collect()
}

fn station_ids(draft: &Draft) -> Vec<uuid::Uuid> {
    draft.stations.iter().map(|id| id.0).collect()
}

/// The next free number for a county's project of a year.
pub async fn number_after(tx: &mut Tx, division: &DivisionCode, year: i16) -> Result<String> {
    let stem = format!("{division}-{year}-");
    let last = sqlx::query_scalar!(
        r#"
        select coalesce(max(substring(number from '[0-9]+$')::integer), 0) as "last!"
        from projects where starts_with(number, $1) and number ~ '-[0-9]{1,4}$'
        "#,
        stem,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(format!("{stem}{:02}", last + 1))
}

pub async fn insert(tx: &mut Tx, id: ProjectId, new: &Draft) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let mut point = tx.savepoint().await?;
    sqlx::query!(
        "
        insert into projects (id, number, name, year, division, township, station_ids, townships, category, method,
            plan_number, lot, authority, content, budget, is_fixed_price, for_small_enterprises, lottery_purpose, search,
            created_by, created_at, source_kinds)
        values ($1, $2, $3, $4, $5, $6, $7,
            array(select distinct place from (
                select left(division, 9) from stations where id = any($7) and length(division) >= 9
                union select $6::text) as places (place) where place is not null order by place),
            $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        ",
        id.0,
        new.number,
        new.name,
        new.year,
        new.division.as_str(),
        new.township.as_ref().map(DivisionCode::as_str),
        &station_ids(new),
        new.category.as_str(),
        new.method.as_str(),
        new.plan_number,
        new.lot,
        new.authority,
        new.content,
        new.budget,
        new.is_fixed_price,
        new.for_small_enterprises,
        new.lottery_purpose.map(Purpose::as_str).unwrap_or_default(),
        search_words(new),
        by,
        now,
        &source_kinds(new),
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?;
    point.commit().await?;
    tx.open_project(id).await?;
    set_sources(tx, id, new).await
}

/// Updates a project's plan unless somebody changed it first.
pub async fn update(tx: &mut Tx, id: ProjectId, version: i32, new: &Draft) -> Result<()> {
    let mut point = tx.savepoint().await?;
    let saved = sqlx::query!(
        "
        update projects set number = $3, name = $4, year = $5, township = $6, station_ids = $7,
            townships = array(select distinct place from (
                select left(division, 9) from stations where id = any($7) and length(division) >= 9
                union select $6::text) as places (place) where place is not null order by place),
            category = $8, method = $9, plan_number = $10, lot = $11, authority = $12, content = $13, budget = $14,
            is_fixed_price = $15, for_small_enterprises = $16, lottery_purpose = $17, search = $18,
            source_kinds = $19, version = version + 1
        where id = $1 and version = $2
        ",
        id.0,
        version,
        new.number,
        new.name,
        new.year,
        new.township.as_ref().map(DivisionCode::as_str),
        &station_ids(new),
        new.category.as_str(),
        new.method.as_str(),
        new.plan_number,
        new.lot,
        new.authority,
        new.content,
        new.budget,
        new.is_fixed_price,
        new.for_small_enterprises,
        new.lottery_purpose.map(Purpose::as_str).unwrap_or_default(),
        search_words(new),
        &source_kinds(new),
    )
    .execute(&mut *point)
    .await
    .at_field(&CONSTRAINTS)?
    .rows_affected();
    point.commit().await?;
    stale(saved)?;
    set_sources(tx, id, new).await
}

/// Replaces the planned sources.
async fn set_sources(tx: &mut Tx, id: ProjectId, new: &Draft) -> Result<()> {
    sqlx::query!("delete from project_sources where project_id = $1", id.0).execute(tx.conn()).await?;
    sqlx::query!(
        "
        insert into project_sources (project_id, division, seq, kind, amount, year, document)
        select $1, $2, seq, kind, amount, year, document
        from jsonb_to_recordset($3) as t (seq smallint, kind text, amount bigint, year smallint, document text)
        ",
        id.0,
        new.division.as_str(),
        Json(&new.sources) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Saves the reasons for not keeping soft rules.
pub async fn keep_waivers(
    tx: &mut Tx,
    id: ProjectId,
    division: &DivisionCode,
    reasons: &[(RuleId, String)],
) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let (rules, reasons): (Vec<_>, Vec<_>) = reasons.iter().map(|(rule, reason)| (rule.0, reason.clone())).unzip();
    sqlx::query!(
        "
        insert into project_waivers (project_id, division, rule_id, reason, given_by, given_at)
        select $1, $2, rule, reason, $5, $6 from unnest($3::uuid[], $4::text[]) as t (rule, reason)
        on conflict (network_id, project_id, rule_id) do update
        set reason = excluded.reason, given_by = excluded.given_by, given_at = excluded.given_at
        ",
        id.0,
        division.as_str(),
        &rules,
        &reasons,
        by,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
