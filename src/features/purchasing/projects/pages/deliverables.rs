//! The form of deliverables of a project that is not signed yet.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::{
    model::{DeliverablesForm, Stage},
    store::{self, Project},
};
use crate::{
    db::{Entry, Tx},
    features::reporting::indicators::{self, Aggregation},
    kernel::{Problems, ProjectId, Result},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "purchasing/projects/deliverables.html")]
struct Edit {
    chrome: Chrome,
    project: Project,
    form: DeliverablesForm,
    /// The indicators that may supply figures.
    slots: Vec<(String, String)>,
    problems: Problems,
}

impl Edit {
    fn stages(&self) -> Vec<(&'static str, &'static str)> {
        [("", "")].into_iter().chain(Stage::choices()).collect()
    }
}

/// The indicators that are whole numbers and add up over months: only these can count towards a
/// contract.
async fn slots(tx: &mut Tx) -> Result<Vec<(i16, String)>> {
    let sheet = indicators::sheet_for_all(tx).await?;
    Ok(sheet
        .indicators
        .iter()
        .filter(|indicator| indicator.aggregation == Aggregation::Sum && indicator.scale == 0)
        .map(|indicator| (indicator.slot, format!("{}（{}）", indicator.name, indicator.unit)))
        .collect())
}

fn choices(slots: &[(i16, String)]) -> Vec<(String, String)> {
    let known = slots.iter().map(|(slot, name)| (slot.to_string(), name.clone()));
    [(String::new(), "不取月报，逐月填".to_owned())].into_iter().chain(known).collect()
}

pub async fn edit(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    let form = DeliverablesForm::of(&store::plan(&mut tx, id).await?.deliverables, project.version);
    let slots = choices(&slots(&mut tx).await?);
    Ok(Html(Edit { chrome: visit.chrome(), project, form, slots, problems: Problems::default() }).into_response())
}

pub async fn update(
    visit: Visit,
    Path(id): Path<ProjectId>,
    Form(mut form): Form<DeliverablesForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut project = store::find(&mut tx, id).await?;
    project.require_draft()?;
    let slots = slots(&mut tx).await?;
    if form.go == "row" {
        let slots = choices(&slots);
        let page = Edit { chrome: visit.chrome(), project, form, slots, problems: Problems::default() };
        return Ok(Html(page).into_response());
    }
    let known: Vec<i16> = slots.iter().map(|(slot, _)| *slot).collect();
    let version = project.version;
    let saved = match form.read(&known) {
        Ok(deliverables) => {
            project.version = form.version;
            checked(store::set_deliverables(&mut tx, &project, &deliverables).await)?.map(|()| deliverables)
        }
        Err(problems) => Err(problems),
    };
    match saved {
        Ok(deliverables) => {
            let entry = Entry::new("填写项目服务指标", "project", id, &project.name);
            tx.record(entry.after(json!({ "deliverables": deliverables }))).await?;
            tx.commit().await?;
            Ok(see_other_done(&project.path(), "saved"))
        }
        Err(problems) => {
            form.version = version;
            let page = Edit { chrome: visit.chrome(), project, form, slots: choices(&slots), problems };
            Ok(Invalid(page).into_response())
        }
    }
}
