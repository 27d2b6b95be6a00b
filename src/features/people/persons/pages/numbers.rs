//! The page that shows a person's whole numbers, for a password and a reason.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    db::Entry,
    features::{
        identity::accounts,
        people::persons::{model::Person, store},
    },
    kernel::{PersonId, Problems, Result, line},
    web::{App, Chrome, Form, Html, Invalid, Path, Visit, filters, print_page},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NumbersForm {
    current: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "people/persons/numbers.html")]
struct Numbers {
    chrome: Chrome,
    person: Person,
    /// Set only in the response to the form.
    open: bool,
    reason: String,
    problems: Problems,
}

pub async fn ask(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let page =
        Numbers { chrome: visit.chrome(), person, open: false, reason: String::new(), problems: Problems::default() };
    Ok(Html(page).into_response())
}

pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<PersonId>,
    Form(form): Form<NumbersForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let reason = problems.check("reason", line(&form.reason, 4, 200));
    if !accounts::knows_password(&app, &visit, &form.current).await? {
        problems.note("current", "密码不对，请重新填写您登录用的密码。");
    }
    let mut tx = visit.begin().await?;
    let person = store::find(&mut tx, id).await?;
    let chrome = visit.chrome();
    let Some(reason) = reason.filter(|_| problems.is_empty()) else {
        let page = Numbers { chrome, person, open: false, reason: form.reason, problems };
        return Ok(Invalid(page).into_response());
    };
    let entry = Entry::new("查看完整证件号和电话", "person", id, &person.name);
    tx.record(entry.after(serde_json::json!({ "reason": reason }))).await?;
    tx.commit().await?;
    Ok(print_page(Numbers { chrome, person, open: true, reason, problems }))
}
