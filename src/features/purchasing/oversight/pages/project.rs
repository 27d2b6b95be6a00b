//! The page of a project as a whole, the steps that move it on, and its export.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::super::{
    model::{Readiness, what_stops},
    store::{self, Glance},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        places::{agencies, standing},
        purchasing::{
            appraisals::{Rectification, RectificationState},
            deliverables::{Progress, progress, sums},
            filings,
            funds::{Finding, Source},
            projects::{self, Deliverable, Move, PARTS, Plan, Project, State, StepRow},
        },
    },
    kernel::{Day, Error, Problems, ProjectId, Result, line, plain_yuan},
    web::{
        Cell, Chart, Chrome, Form, Html, Invalid, Path, Sheet, Visit,
        chart::{self, SERIES},
        filters, see_other_done,
    },
};

/// A step that may come next, and the obstacles to it.
pub struct Next {
    wanted: Move,
    stops: Vec<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "purchasing/oversight/project.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    plan: Plan,
    glance: Glance,
    findings: Vec<Finding>,
    next: Vec<Next>,
    progress: Vec<(Deliverable, Progress)>,
    money: Option<Chart>,
    typed: MoveForm,
    today: Day,
    problems: Problems,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MoveForm {
    wanted: String,
    words: String,
}

/// A project with everything needed to decide on its next step.
struct Known {
    project: Project,
    plan: Plan,
    glance: Glance,
    findings: Vec<Finding>,
    held: Vec<String>,
}

impl Known {
    async fn of(tx: &mut Tx, project: Project) -> Result<Self> {
        let plan = projects::plan(tx, project.id).await?;
        let glance = store::glance(tx, project.id, &project.stations).await?;
        let day = project.ruled_on(tx.today());
        let facts = plan.facts(project.lottery_purpose);
        let findings = projects::findings(tx, project.id, &project.division, day, &plan.sources, facts).await?;
        let holds = match project.state() {
            State::Procuring => standing::holds(tx, project.id, &project.stations, project.agency).await?,
            _ => vec![],
        };
        let held = holds.into_iter().filter(|held| held.renewal).map(|held| held.why).collect();
        Ok(Self { project, plan, glance, findings, held })
    }

    fn stops(&self, wanted: Move, today: Day) -> Vec<(String, &'static str)> {
        let not_ready = projects::not_ready(&self.project, &self.plan, &self.findings);
        let readiness = Readiness {
            project: &self.project,
            pays: &self.glance.pays,
            appraisals: &self.glance.appraisals,
            rectifications: &self.glance.rectifications,
            not_ready: &not_ready,
            held: &self.held,
            adjustments_waiting: self.glance.adjustments_waiting,
            today,
        };
        what_stops(wanted, &readiness)
    }
}

impl Show {
    fn page(visit: &Visit, known: Known, today: Day, typed: MoveForm, problems: Problems) -> Self {
        let may_move = visit.visitor.role.may(Act::WriteProjects);
        let wanted = known.project.position.moves().into_iter().filter(|wanted| may_move && !wanted.is_by_filing());
        let next = wanted.map(|wanted| Next { wanted, stops: known.stops(wanted, today) }).collect();
        let Known { project, plan, glance, findings, .. } = known;
        let term = (project.terms.starts_on, project.terms.ends_on);
        let progress = plan
            .deliverables
            .iter()
            .map(|row| (row.clone(), progress(row, sums(&glance.done, row.seq), term, project.state(), today)))
            .collect();
        let money = chart_of(&plan);
        Self { chrome: visit.chrome(), project, plan, glance, findings, next, progress, money, typed, today, problems }
    }

    fn path(&self, part: &str) -> String {
        if part.is_empty() { self.project.path() } else { format!("{}/{part}", self.project.path()) }
    }

    /// Steps that move the project forward (not suspension or termination).
    fn forward(&self) -> Vec<&Next> {
        self.next.iter().filter(|next| !next.wanted.wants_reason()).collect()
    }

    fn aside(&self) -> Vec<&Next> {
        self.next.iter().filter(|next| next.wanted.wants_reason()).collect()
    }

    /// The history, newest first.
    fn steps(&self) -> Vec<&StepRow> {
        self.glance.steps.iter().rev().collect()
    }

    fn open(&self) -> Vec<&Rectification> {
        self.glance.rectifications.iter().filter(|row| row.state != RectificationState::Passed).collect()
    }

    fn elsewhere(&self) -> usize {
        self.project.stations.len() - self.glance.stations.len()
    }

    fn waiver(&self, finding: &Finding) -> Option<&str> {
        self.plan.waiver(finding.rule.id).map(|waiver| waiver.reason.as_str())
    }

    fn day(&self, day: Option<&Day>) -> String {
        day.map_or_else(|| "—".to_owned(), ToString::to_string)
    }

    /// True if a reason is required because documents are missing.
    fn wants_documents(&self, next: &Next) -> bool {
        next.wanted == Move::Procure && !self.plan.missing_documents().is_empty()
    }

    fn may_file(&self) -> bool {
        let is_open = self.glance.filing.as_ref().is_none_or(|(_, state)| state == "returned");
        self.chrome.may(Act::WriteProjects)
            && !self.project.is_drafted()
            && is_open
            && self.project.state() != State::Terminated
    }

    /// The filing of the agreement: id, colour, label.
    fn filing(&self) -> Option<(&str, &'static str, &'static str)> {
        let (id, state) = self.glance.filing.as_ref()?;
        let state = filings::FilingState::parse(state)?;
        Some((id, state.colour(), state.label()))
    }
}

/// The money by source, planned and paid, in whole yuan; `None` without sources.
fn chart_of(plan: &Plan) -> Option<Chart> {
    if plan.sources.is_empty() {
        return None;
    }
    let kinds: Vec<Source> = {
        let mut kinds: Vec<Source> = plan.sources.iter().map(|row| row.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    let series: Vec<(&'static str, String)> =
        SERIES.iter().copied().zip(kinds.iter().map(|kind| kind.label().to_owned())).collect();
    let sums = |of: fn(&projects::SourceRow) -> i64| {
        let sum = |kind: &Source| {
            plan.sources.iter().filter(|row| row.kind == *kind).map(of).sum::<i64>().saturating_add(50) / 100
        };
        kinds.iter().map(sum).collect::<Vec<i64>>()
    };
    let rows = vec![("计划".to_owned(), sums(|row| row.amount)), ("已付".to_owned(), sums(|row| row.paid))];
    Some(chart::bars("资金来源（元）", &series, rows, false))
}

pub async fn show(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    let known = Known::of(&mut tx, project).await?;
    let today = tx.today();
    Ok(Html(Show::page(&visit, known, today, MoveForm::default(), Problems::default())).into_response())
}

/// Moves a project on if nothing prevents it.
pub async fn advance(visit: Visit, Path(id): Path<ProjectId>, Form(form): Form<MoveForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::take(&mut tx, id).await?;
    let wanted = Move::parse(&form.wanted)
        .filter(|wanted| !wanted.is_by_filing())
        .ok_or_else(|| Error::refused("请选择要办的事。"))?;
    project.position.after(wanted)?;
    let today = tx.today();
    let mut known = Known::of(&mut tx, project).await?;
    let mut problems = Problems::default();
    for (why, _) in known.stops(wanted, today) {
        problems.note("moves", format!("还不能{}：{why}", wanted.label()));
    }
    if wanted == Move::Contract
        && let Some(agency) = known.project.agency
    {
        let agency = agencies::find(&mut tx, agency).await?;
        if let Some(why) = agencies::eligibility(&mut tx, &agency).await?.refused() {
            problems.note("moves", format!("还不能签约：{why}"));
        }
    }
    let missing = known.plan.missing_documents();
    let lacks_documents = wanted == Move::Procure && !missing.is_empty();
    let least = if wanted.wants_reason() || lacks_documents { 4 } else { 0 };
    let words = match line(&form.words, least, 300) {
        Ok(words) => words,
        Err(_) if lacks_documents => {
            let why = format!(
                "还没有上传{}。请先在「材料」里上传；确需先采购的，写明原因（4 个字以上）。",
                missing.join("、")
            );
            problems.note("moves", why);
            String::new()
        }
        Err(why) => {
            problems.note("moves", format!("{}要写明原因：{why}", wanted.label()));
            String::new()
        }
    };
    if !problems.is_empty() {
        return Ok(Invalid(Show::page(&visit, known, today, form, problems)).into_response());
    }
    projects::step(&mut tx, &mut known.project, wanted, &words).await?;
    tx.commit().await?;
    Ok(see_other_done(&known.project.path(), "advanced"))
}

/// A project on one sheet: facts, funds, payments, budget, deliverables, evaluations.
pub async fn export(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let project = projects::find(&mut tx, id).await?;
    let known = Known::of(&mut tx, project).await?;
    let today = tx.today();
    let Known { project, plan, glance, .. } = &known;
    let heads = ["部分", "名称", "说明", "金额（元）或数量", "已付、已支出或完成"];
    let heads: Vec<(String, u16)> = heads.iter().zip([12, 34, 44, 20, 20]).map(|(h, w)| ((*h).to_owned(), w)).collect();
    let mut sheet = Sheet::with_heads("项目", &heads)?;
    let mut rows: Vec<[String; 5]> = vec![];
    let mut fact = |name: &str, text: String| {
        rows.push(["基本情况".into(), name.into(), text, String::new(), String::new()]);
    };
    fact("项目", format!("{} {}", project.number, project.name));
    fact("状态", project.state().label().to_owned());
    fact("购买方", project.division_name.clone());
    fact("承接机构", project.agency_name.clone().unwrap_or_default());
    fact("合同编号", project.terms.contract_number.clone());
    rows.push([
        "合同".into(),
        "合同金额".into(),
        String::new(),
        plain_yuan(project.contract_sum),
        plain_yuan(project.paid),
    ]);
    for row in &plan.sources {
        let name = format!("{}（{}）", row.kind.label(), row.year);
        rows.push(["资金来源".into(), name, row.document.clone(), plain_yuan(row.amount), plain_yuan(row.paid)]);
    }
    for pay in &glance.pays {
        let what = format!("{}，{}", pay.when(), pay.state.label());
        rows.push(["付款".into(), pay.name.clone(), what, plain_yuan(pay.amount), plain_yuan(pay.paid)]);
    }
    for line in &plan.lines {
        let what = line.category.label().to_owned();
        rows.push(["预算".into(), line.name.clone(), what, plain_yuan(line.available()), plain_yuan(line.spent)]);
    }
    for row in &plan.deliverables {
        let counted: i64 = glance.done.iter().filter(|done| done.seq == row.seq).map(|done| done.counted).sum();
        rows.push([
            "服务指标".into(),
            format!("{}（{}）", row.name, row.unit),
            row.counts_from(),
            row.planned.to_string(),
            counted.to_string(),
        ]);
    }
    for row in &glance.appraisals {
        let what = format!("{} {}：{}", row.held_on, row.grade.label(), row.findings);
        rows.push(["评估".into(), row.kind.label().into(), what, row.score(), String::new()]);
    }
    for row in &rows {
        let [part, name, text, amount, done] = row;
        sheet.row([Cell::Text(part), Cell::Text(name), Cell::Text(text), Cell::Amount(amount), Cell::Amount(done)])?;
    }
    tx.record(Entry::new("导出项目", "project", id, &project.name)).await?;
    tx.commit().await?;
    sheet.finish(&format!("项目_{}_{today}.xlsx", project.number)).await
}
