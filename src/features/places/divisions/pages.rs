//! The page of a division: its path, its children and its former names.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{
    model::Division,
    store::{self, FormerName},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    kernel::{Day, DivisionCode, Error, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, checked, filters, see_other, see_other_done},
};

/// Redirects to the division at the top of the visitor's reach.
pub async fn index(visit: Visit) -> Response {
    see_other(&format!("/divisions/{}", visit.visitor.scope.reach.division.path()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NameForm {
    name: String,
    since: String,
}

#[derive(Template)]
#[template(path = "places/divisions/show.html")]
struct Show {
    chrome: Chrome,
    around: Vec<Division>,
    division: Division,
    former: Vec<FormerName>,
    children: Vec<Division>,
    writes: bool,
    form: NameForm,
    problems: Problems,
}

impl Show {
    async fn page(visit: &Visit, tx: &mut Tx, code: &DivisionCode, form: NameForm, problems: Problems) -> Result<Self> {
        let reach = &visit.visitor.scope.reach;
        if !reach.division.contains(code) {
            return Err(Error::NotFound);
        }
        let mut around = store::ancestors(tx, code).await?;
        let division = around.pop().filter(|division| division.code == *code).ok_or(Error::NotFound)?;
        around.retain(|above| reach.division.contains(&above.code));
        let writes = visit.chrome().may(Act::WriteDivisions) && division.until.is_none();
        Ok(Self {
            chrome: visit.chrome(),
            former: store::former_names(tx, code).await?,
            children: store::children(tx, code).await?,
            around,
            division,
            writes,
            form,
            problems,
        })
    }
}

pub async fn show(visit: Visit, Path(code): Path<DivisionCode>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Show::page(&visit, &mut tx, &code, NameForm::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

pub async fn rename(visit: Visit, Path(code): Path<DivisionCode>, Form(form): Form<NameForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    if !visit.visitor.scope.reach.division.contains(&code) {
        return Err(Error::NotFound);
    }
    let division = store::find(&mut tx, &code).await?;
    let mut problems = Problems::default();
    let name = problems.check("name", line(&form.name, 2, 40));
    let since = problems.check("since", form.since.parse::<Day>());
    if since.is_some_and(|since| since > tx.today()) {
        problems.note("since", "改名日期不能晚于今天。到那一天再来登记。");
    }
    if name.as_deref() == Some(division.name.as_str()) {
        problems.note("name", "新名称和现在的名称一样。");
    }
    let (Some(name), Some(since), true) = (name, since, problems.is_empty()) else {
        let page = Show::page(&visit, &mut tx, &code, form, problems).await?;
        return Ok(Invalid(page).into_response());
    };
    if let Err(problems) = checked(store::rename(&mut tx, &division, &name, since).await)? {
        let page = Show::page(&visit, &mut tx, &code, form, problems).await?;
        return Ok(Invalid(page).into_response());
    }
    let (before, after) =
        (serde_json::json!({ "name": division.name }), serde_json::json!({ "name": name, "since": since }));
    tx.record(Entry::new("区划更名", "division", &code, &name).before(before).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/divisions/{}", code.path()), "saved"))
}
