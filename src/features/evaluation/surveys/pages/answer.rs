//! The public page of a slip: its questions, answered once. Nobody signs in, and nothing
//! about the person or their location is kept.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::super::{
    model::{Ratings, STEPS, Survey},
    store::{self, Slip},
};
use crate::{
    access::Scope,
    db::{Entry, Mode, Tx},
    features::evaluation::evaluations::Typed,
    kernel::{Error, Result, line},
    web::{App, Chrome, Form, Html, Invalid, Path, filters, see_other},
};

#[derive(Template)]
#[template(path = "evaluation/surveys/answer.html")]
struct Ask {
    chrome: Chrome,
    slip: Slip,
    survey: Survey,
    /// The target of the form.
    path: String,
    shut: Option<String>,
    typed: Typed,
    why: Option<String>,
}

impl Ask {
    fn chose(&self, question: &usize, step: &i16) -> bool {
        self.typed.get(&format!("r.{question}")) == step.to_string()
    }

    fn words(&self) -> &str {
        self.typed.get("words")
    }

    fn is_missing(&self, question: &usize) -> bool {
        self.why.is_some() && self.typed.get(&format!("r.{question}")).is_empty()
    }
}

#[derive(Template)]
#[template(path = "evaluation/surveys/unknown.html")]
struct Unknown {
    chrome: Chrome,
}

/// The page for a slip that does not exist.
fn unknown(headers: &HeaderMap, error: Error) -> Result<Response> {
    match error {
        Error::NotFound => {
            Ok((StatusCode::NOT_FOUND, Html(Unknown { chrome: Chrome::of_nobody(headers, "/survey") })).into_response())
        }
        error => Err(error),
    }
}

/// Opens a transaction in the slip's network without an account, and loads the slip.
async fn hold(app: &App, network: &str, token: &str, mode: Mode) -> Result<(Tx, Slip, Survey)> {
    let network = app.db.network_by_code(network).await?.ok_or(Error::NotFound)?;
    let mut tx = app.db.begin(&Scope::of_system(network, "匿名问卷"), mode).await?;
    let slip = store::slip(&mut tx, token).await?;
    let survey = store::find(&mut tx, slip.round).await?.ok_or(Error::NotFound)?;
    Ok((tx, slip, survey))
}

pub async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path((network, token)): Path<(String, String)>,
) -> Result<Response> {
    let (tx, slip, survey) = match hold(&app, &network, &token, Mode::Read).await {
        Ok(held) => held,
        Err(error) => return unknown(&headers, error),
    };
    let (shut, path) = (survey.shut(tx.today()), format!("/survey/{network}/{token}"));
    let chrome = Chrome::of_nobody(&headers, &path);
    Ok(Html(Ask { chrome, slip, survey, path, shut, typed: Typed::default(), why: None }).into_response())
}

pub async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    Path((network, token)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let typed = Typed(pairs);
    let (mut tx, slip, survey) = match hold(&app, &network, &token, Mode::Write).await {
        Ok(held) => held,
        Err(error) => return unknown(&headers, error),
    };
    let path = format!("/survey/{network}/{token}");
    let shut = survey.shut(tx.today());
    if shut.is_some() || slip.is_used {
        // The redirected page names the reason.
        return Ok(see_other(&path));
    }
    let steps: Vec<String> = (0..survey.of(&slip.party).len()).map(|at| format!("r.{at}")).collect();
    let ratings = Ratings::read(steps.iter().map(|name| typed.get(name)));
    let read = ratings.and_then(|ratings| Ok((ratings, line(typed.get("words"), 0, 300)?)));
    let (ratings, words) = match read {
        Ok(read) => read,
        Err(why) => {
            let chrome = Chrome::of_nobody(&headers, &path);
            return Ok(Invalid(Ask { chrome, slip, survey, path, shut, typed, why: Some(why) }).into_response());
        }
    };
    if store::answer_slip(&mut tx, &slip, &ratings, &words).await? {
        let entry = Entry::new("收到满意度问卷", "evaluation", slip.evaluation, &slip.station_name);
        tx.record(entry.after(json!({ "party": slip.party }))).await?;
        tx.commit().await?;
    }
    Ok(see_other(&path))
}
