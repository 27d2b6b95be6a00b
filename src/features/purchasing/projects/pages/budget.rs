//! The budget form of a project that is not signed yet.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::{
    findings,
    model::{BudgetForm, Line, LineCategory, kept_reasons, reason_for, weigh},
    store::{self, Plan, Project},
};
use crate::{
    db::{Entry, Tx},
    features::purchasing::funds::Finding,
    kernel::{Problems, ProjectId, Result, RuleId, yuan},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "purchasing/projects/budget.html")]
struct Edit {
    chrome: Chrome,
    project: Project,
    form: BudgetForm,
    soft: Vec<Finding>,
    problems: Problems,
}

impl Edit {
    fn categories(&self) -> Vec<(&'static str, &'static str)> {
        [("", "")].into_iter().chain(LineCategory::choices()).collect()
    }

    fn reason(&self, rule: &RuleId) -> &str {
        reason_for(&self.form.rule, &self.form.reason, *rule)
    }

    /// Reasons typed for rules the page no longer asks about.
    fn kept_reasons(&self) -> Vec<(&str, &str)> {
        kept_reasons(&self.form.rule, &self.form.reason, &self.soft)
    }
}

/// Checks the project with these lines against the rules.
async fn weighed(tx: &mut Tx, project: &Project, plan: &mut Plan, lines: Vec<Line>) -> Result<Vec<Finding>> {
    plan.lines = lines;
    let day = project.ruled_on(tx.today());
    let facts = plan.facts(project.lottery_purpose);
    findings(tx, project.id, &project.division, day, &plan.sources, facts).await
}

pub async fn edit(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    let mut plan = store::plan(&mut tx, id).await?;
    let mut form = BudgetForm::of(&plan.lines, project.version);
    form.rule = plan.waivers.iter().map(|waiver| waiver.rule_id.to_string()).collect();
    form.reason = plan.waivers.iter().map(|waiver| waiver.reason.clone()).collect();
    let lines = plan.lines.clone();
    let findings = weighed(&mut tx, &project, &mut plan, lines).await?;
    let soft = findings.into_iter().filter(Finding::wants_reason).collect();
    Ok(Html(Edit { chrome: visit.chrome(), project, form, soft, problems: Problems::default() }).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<ProjectId>, Form(mut form): Form<BudgetForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    if form.go == "row" {
        let page = Edit { chrome: visit.chrome(), project, form, soft: vec![], problems: Problems::default() };
        return Ok(Html(page).into_response());
    }
    let mut plan = store::plan(&mut tx, id).await?;
    let before = plan.lines.clone();
    let version = project.version;
    let lines = match form.read(project.contract_sum) {
        Ok(lines) => lines,
        Err(problems) => {
            form.version = version;
            let page = Edit { chrome: visit.chrome(), project, form, soft: vec![], problems };
            return Ok(Invalid(page).into_response());
        }
    };
    let findings = weighed(&mut tx, &project, &mut plan, lines.clone()).await?;
    let mut problems = Problems::default();
    let reason = |rule| reason_for(&form.rule, &form.reason, rule).to_owned();
    let reasons = weigh(&findings, "lines", reason, &mut problems);
    let saved = if problems.is_empty() {
        project.version = form.version;
        checked(store::set_lines(&mut tx, &project, &lines).await)?
    } else {
        Err(problems)
    };
    if let Err(problems) = saved {
        form.version = version;
        let soft = findings.into_iter().filter(Finding::wants_reason).collect();
        return Ok(Invalid(Edit { chrome: visit.chrome(), project, form, soft, problems }).into_response());
    }
    store::keep_waivers(&mut tx, id, &project.division, &reasons).await?;
    let words = |lines: &[Line]| {
        let lines: Vec<_> = lines.iter().map(|line| format!("{} {}", line.name, yuan(line.amount))).collect();
        json!({ "lines": lines })
    };
    let entry = Entry::new("填写项目预算", "project", id, &project.name);
    tx.record(entry.before(words(&before)).after(words(&lines))).await?;
    tx.commit().await?;
    Ok(see_other_done(&project.path(), "saved"))
}
