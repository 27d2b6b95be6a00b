//! The contract form (parties, term, priced items, instalments) and the contract summary.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::{
    model::{ContractForm, Trigger},
    store::{self, Plan, Project},
};
use crate::{
    db::Entry,
    kernel::{Day, Problems, ProjectId, Result, yuan},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "purchasing/projects/contract.html")]
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
    // Prefill the parties from what is already saved.
    if form.party_a.is_empty() {
        form.party_a = if project.authority.is_empty() {
            format!("{}民政局", project.division_name)
        } else {
            project.authority.clone()
        };
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
    let won = store::plan(&mut tx, id).await?.bids.into_iter().find(|bid| bid.won);
    let saved = match form.read(project.budget) {
        Ok(terms) if won.as_ref().is_some_and(|bid| terms.sum() > bid.price) => {
            let price = won.map(|bid| yuan(bid.price)).unwrap_or_default();
            let why = format!("明细合计 {} 元，超过成交的报价 {price} 元，请核对。", yuan(terms.sum()));
            Err(Problems::one("items", why))
        }
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
#[template(path = "purchasing/projects/print.html")]
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
