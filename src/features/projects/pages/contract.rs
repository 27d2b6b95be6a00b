//! The contract: parties, term, priced items, payments.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::{
    model::{ContractForm, Trigger},
    store::{self, Plan, Project},
};
use crate::{
    db::Entry,
    kernel::{Day, ProjectId, Result},
    web::{Chrome, Form, Html, Invalid, Path, Problems, Visit, checked, see_other_done},
};

#[derive(Template)]
#[template(path = "projects/contract.html")]
struct Edit {
    chrome: Chrome,
    project: Project,
    form: ContractForm,
    problems: Problems,
}

impl Edit {
    fn triggers(&self) -> Vec<(&'static str, &'static str)> {
        [("", "")].into_iter().chain(Trigger::choices()).collect()
    }
}

pub async fn edit(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    let mut form = ContractForm::of(&project.terms, project.version);
    // What is known already need not be typed.
    if form.party_a.is_empty() {
        let authority = Some(&project.authority).filter(|authority| !authority.is_empty());
        form.party_a.clone_from(authority.unwrap_or(&visit.visitor.face.authority));
    }
    if form.party_b.is_empty() {
        form.party_b = project.agency_name.clone().unwrap_or_default();
    }
    Ok(Html(Edit { chrome: visit.chrome(), project, form, problems: Problems::default() }).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<ProjectId>, Form(mut form): Form<ContractForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    if matches!(form.go.as_str(), "items" | "pays") {
        return Ok(Html(Edit { chrome: visit.chrome(), project, form, problems: Problems::default() }).into_response());
    }
    let version = project.version;
    let saved = match form.read(project.budget) {
        Ok(terms) => {
            project.version = form.version;
            checked(store::set_terms(&mut tx, &project, &terms).await)?.map(|()| terms)
        }
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(terms) => {
            let entry = Entry::new("填写项目合同", "project", id, &project.name);
            tx.record(entry.before(&project.terms).after(&terms)).await?;
            tx.commit().await?;
            Ok(see_other_done(&project.path(), "saved"))
        }
        Err(problems) => {
            form.version = version;
            Ok(Invalid(Edit { chrome: visit.chrome(), project, form, problems }).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "projects/print.html")]
struct Print {
    project: Project,
    plan: Plan,
    chrome: Chrome,
    today: Day,
}

impl Print {
    fn day(&self, day: Option<&Day>) -> String {
        day.map_or_else(|| "—".to_owned(), ToString::to_string)
    }
}

/// The contract's summary, for printing and stamping.
pub async fn print(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    let plan = store::plan(&mut tx, id).await?;
    let today = tx.today();
    Ok(Html(Print { project, plan, chrome: visit.chrome(), today }).into_response())
}
