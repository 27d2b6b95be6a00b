//! Statements behind the filing of plans and agreements.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;

use crate::{
    db::{Entry, Tx},
    features::purchasing::projects::{self, Move, Project},
    kernel::{Day, DivisionCode, Error, FilingId, Listed, Paging, ProjectId, Result, yuan},
    words,
};

words! {
    Kind {
        Plan = "plan", "年度计划";
        Agreement = "agreement", "项目协议";
    }
}

words! {
    State {
        Submitted = "submitted", "已报，待确认";
        Acknowledged = "acknowledged", "已备案";
        Returned = "returned", "已退回";
    }
}

impl State {
    pub fn colour(self) -> &'static str {
        match self {
            Self::Submitted => "info",
            Self::Acknowledged => "ok",
            Self::Returned => "bad",
        }
    }
}

/// A project as listed in a plan. Amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    pub id: ProjectId,
    pub number: String,
    pub name: String,
    pub amount: i64,
}

/// A filed plan or agreement, with its current state.
#[derive(Debug)]
pub struct Filing {
    pub id: FilingId,
    pub division: DivisionCode,
    pub division_name: String,
    pub kind: Kind,
    pub year: i16,
    pub project: Option<ProjectId>,
    pub state: State,
    pub document: String,
    pub words: String,
    pub content: Json<Vec<Filed>>,
    pub submitted_by: String,
    pub submitted_at: DateTime<Utc>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub reason: String,
    pub rounds: i16,
    pub history: Json<Vec<Round>>,
}

/// An earlier round of the same filing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Round {
    pub document: String,
    pub state: State,
    pub count: i64,
    pub submitted_by: String,
    pub submitted_at: DateTime<Utc>,
    pub decided_by: Option<String>,
    pub reason: String,
}

impl Filing {
    pub fn label(&self) -> String {
        match (self.kind, self.content.0.first()) {
            (Kind::Agreement, Some(filed)) => format!("{}协议", filed.name),
            _ => format!("{} {} 年项目计划", self.division_name, self.year),
        }
    }

    pub fn sum(&self) -> i64 {
        self.content.0.iter().map(|filed| filed.amount).sum()
    }
}

pub async fn find(tx: &mut Tx, id: FilingId) -> Result<Filing> {
    let filing = sqlx::query_as!(
        Filing,
        r#"
        select f.id as "id: FilingId", division as "division: DivisionCode", divisions.name as division_name,
               kind as "kind: Kind", year, project_id as "project: ProjectId", state as "state: State", document, words,
               content as "content: Json<Vec<Filed>>", submitted_by, submitted_at, decided_by, decided_at, reason, rounds,
               history as "history: Json<Vec<Round>>"
        from filings f join divisions on divisions.network_id = f.network_id and divisions.code = division
        where f.id = $1
        "#,
        id.0,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(filing)
}

/// A county's planned or filed projects of a year: the content of its plan.
pub async fn plannable(tx: &mut Tx, place: &DivisionCode, year: i16) -> Result<Vec<Filed>> {
    let filed = sqlx::query_as!(
        Filed,
        r#"
        select id as "id: ProjectId", number, name, budget as amount from projects
        where division = $1 and year = $2 and state not in ('terminated') order by number limit 1000
        "#,
        place.as_str(),
        year,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(filed)
}

/// A county's yearly plan and the state of its filing.
#[derive(Debug)]
pub struct County {
    pub code: DivisionCode,
    pub name: String,
    pub projects: i64,
    /// Projects of the year that are still planned, so not on an acknowledged plan.
    pub planned: i64,
    pub filing: Option<FilingId>,
    pub state: Option<State>,
    pub submitted_at: Option<DateTime<Utc>>,
}

impl County {
    /// The tag: colour and label.
    pub fn tag(&self, due_on: &Day, today: &Day) -> (&'static str, &'static str) {
        let is_late = today > due_on;
        match self.state {
            Some(state) => (state.colour(), state.label()),
            None if self.projects == 0 && !is_late => ("plain", "没有项目"),
            None if is_late => ("bad", "逾期未报"),
            None => ("warn", "没有报"),
        }
    }

    pub fn was_late(&self, due_on: &Day) -> bool {
        self.submitted_at.is_some_and(|at| Day::of(at) > *due_on)
    }
}

/// The counties within reach, one page of them.
pub async fn counties(tx: &mut Tx, year: i16, paging: Paging) -> Result<Listed<County>> {
    let reach = tx.scope().reach.division.clone();
    let total = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from divisions
        where level = 'county' and until is null and code >= $1 and code < $2
        "#,
        reach.as_str(),
        reach.end(),
    )
    .fetch_one(tx.conn())
    .await?;
    let paging = paging.within(total);
    let rows = sqlx::query_as!(
        County,
        r#"
        select d.code as "code: DivisionCode", d.name,
               (select count(*) from projects p where p.division = d.code and p.year = $3 and p.state <> 'terminated') as "projects!",
               (select count(*) from projects p where p.division = d.code and p.year = $3 and p.state = 'planned') as "planned!",
               f.id as "filing?: FilingId", f.state as "state?: State",
               coalesce((f.history -> 0 ->> 'submitted_at')::timestamptz, f.submitted_at) as "submitted_at?"
        from divisions d left join filings f
            on f.network_id = d.network_id and f.division = d.code and f.year = $3 and f.kind = 'plan'
        where d.level = 'county' and d.until is null and d.code >= $1 and d.code < $2
        order by d.code limit $4 offset $5
        "#,
        reach.as_str(),
        reach.end(),
        year,
        paging.size(),
        paging.offset(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Listed { rows, total, paging })
}

/// A signed agreement and the state of its filing.
#[derive(Debug)]
pub struct Agreement {
    pub project: ProjectId,
    pub number: String,
    pub name: String,
    pub division_name: String,
    pub signed_on: Option<Day>,
    pub contract_sum: i64,
    pub filing: Option<FilingId>,
    pub state: Option<State>,
    pub submitted_at: Option<DateTime<Utc>>,
}

/// Days after signing within which an agreement must be filed.
pub const AGREEMENT_DAYS: i64 = 30;

impl Agreement {
    pub fn due_on(&self) -> Option<Day> {
        self.signed_on.map(|day| day.plus_days(AGREEMENT_DAYS))
    }

    pub fn tag(&self, today: &Day) -> (&'static str, &'static str) {
        match self.state {
            Some(state) => (state.colour(), state.label()),
            None if self.due_on().is_some_and(|due_on| due_on < *today) => ("bad", "逾期未报"),
            None => ("warn", "没有报"),
        }
    }

    pub fn was_late(&self) -> bool {
        matches!((self.submitted_at, self.due_on()), (Some(at), Some(due_on)) if Day::of(at) > due_on)
    }
}

/// The signed agreements of a year; those not yet acknowledged come first.
pub async fn agreements(tx: &mut Tx, year: i16, limit: i64, offset: i64) -> Result<Vec<Agreement>> {
    let rows = sqlx::query_as!(
        Agreement,
        r#"
        select p.id as "project: ProjectId", p.number, p.name, d.name as division_name, signed_on as "signed_on: Day",
               contract_sum, f.id as "filing?: FilingId", f.state as "state?: State", f.submitted_at as "submitted_at?"
        from projects p
        join divisions d on d.network_id = p.network_id and d.code = p.division
        left join filings f on f.network_id = p.network_id and f.project_id = p.id
        where p.year = $1 and p.signed_on is not null and p.state not in ('planned', 'filed', 'procuring')
        order by (f.state is not distinct from 'acknowledged'), signed_on, p.number limit $2 offset $3
        "#,
        year,
        limit,
        offset,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

pub async fn count_agreements(tx: &mut Tx, year: i16) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from projects
        where year = $1 and signed_on is not null and state not in ('planned', 'filed', 'procuring')
        "#,
        year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count)
}

/// Files a county's plan of a year. Files it again after a return or when projects were added.
/// Returns its id.
pub async fn file_plan(
    tx: &mut Tx,
    place: &DivisionCode,
    year: i16,
    (document, words): (&str, &str),
    content: &[Filed],
) -> Result<FilingId> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let id = sqlx::query_scalar!(
        r#"
        insert into filings (id, division, kind, year, state, document, words, content, submitted_by, submitted_at)
        values ($1, $2, 'plan', $3, 'submitted', $4, $5, $6, $7, $8)
        on conflict (network_id, division, year) where kind = 'plan' do update
        set state = 'submitted', document = excluded.document, words = excluded.words, content = excluded.content,
            submitted_by = excluded.submitted_by, submitted_at = excluded.submitted_at, decided_by = null,
            decided_at = null, reason = '', rounds = filings.rounds + 1,
            history = filings.history || jsonb_build_object('document', filings.document, 'state', filings.state,
                'count', jsonb_array_length(filings.content), 'submitted_by', filings.submitted_by,
                'submitted_at', filings.submitted_at, 'decided_by', filings.decided_by, 'reason', filings.reason)
        where filings.state <> 'submitted'
        returning id as "id: FilingId"
        "#,
        FilingId::new().0,
        place.as_str(),
        year,
        document,
        words,
        Json(content) as _,
        by,
        now,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| Error::refused("这一年的计划已经报上去了，正在等上级确认。要改的请上级先退回。"))?;
    let names: Vec<_> = content.iter().map(|filed| format!("{} {}", filed.number, filed.name)).collect();
    let after = json!({ "document": document, "words": words, "projects": names });
    tx.record(Entry::new("报送项目计划备案", "filing", id, format!("{place} {year} 年项目计划")).after(after)).await?;
    Ok(id)
}

/// Files a project's signed agreement, or files it again after a return.
pub async fn file_agreement(tx: &mut Tx, project: &Project, document: &str, words: &str) -> Result<FilingId> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let content = [Filed {
        id: project.id,
        number: project.number.clone(),
        name: project.name.clone(),
        amount: project.contract_sum,
    }];
    let id = sqlx::query_scalar!(
        r#"
        insert into filings (id, division, kind, year, project_id, state, document, words, content, submitted_by,
            submitted_at)
        values ($1, $2, 'agreement', $3, $4, 'submitted', $5, $6, $7, $8, $9)
        on conflict (network_id, project_id) where kind = 'agreement' do update
        set state = 'submitted', document = excluded.document, words = excluded.words, content = excluded.content,
            submitted_by = excluded.submitted_by, submitted_at = excluded.submitted_at, decided_by = null,
            decided_at = null, reason = '', rounds = filings.rounds + 1
        where filings.state = 'returned'
        returning id as "id: FilingId"
        "#,
        FilingId::new().0,
        project.division.as_str(),
        project.year,
        project.id.0,
        document,
        words,
        Json(&content) as _,
        by,
        now,
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| Error::refused("这份协议已经报过备案，请刷新后再看。"))?;
    let after = json!({ "contract": project.terms.contract_number, "yuan": yuan(project.contract_sum) });
    tx.record(Entry::new("报送项目协议备案", "filing", id, &project.name).after(after)).await?;
    Ok(id)
}

/// Acknowledges or returns a filing. Acknowledging a plan marks its planned projects as filed.
pub async fn decide(tx: &mut Tx, filing: &Filing, returned: Option<&str>) -> Result<()> {
    let (now, by) = (tx.now(), tx.scope().actor.clone());
    let state = if returned.is_some() { State::Returned } else { State::Acknowledged };
    let decided = sqlx::query!(
        "
        update filings set state = $2, decided_by = $3, decided_at = $4, reason = $5
        where id = $1 and state = 'submitted' and rounds = $6
        ",
        filing.id.0,
        state.as_str(),
        by,
        now,
        returned.unwrap_or_default(),
        filing.rounds,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if decided != 1 {
        return Err(Error::refused("刚才已经有人办过这份备案，请刷新后再看。"));
    }
    let after = json!({ "state": state.label(), "reason": returned });
    tx.record(Entry::new("办理项目备案", "filing", filing.id, filing.label()).after(after)).await?;
    if filing.kind == Kind::Plan && returned.is_none() {
        for filed in &filing.content.0 {
            let mut project = projects::find(tx, filed.id).await?;
            if project.state() == projects::State::Planned {
                let words = format!("{} 年计划已备案", filing.year);
                projects::step(tx, &mut project, Move::File, &words).await?;
            }
        }
    }
    Ok(())
}
