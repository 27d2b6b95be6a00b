//! Result letters, and the public page that checks their codes.

use askama::Template;
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    super::{
        issue as act,
        store::{self, Letter, Proved},
    },
    led_final,
};
use crate::{
    access::Scope,
    db::{Mode, Tx},
    features::evaluation::{
        evaluations::{self, Evaluation, Round, State as Progress},
        rubrics::{self, Line, Rubric},
        scoring::{self, ResultRow, top_lines},
    },
    kernel::{Error, EvaluationId, Points, Problems, Result, RoundId, line},
    web::{App, Chrome, Form, Html, Invalid, Path, Qr, Query, Visit, checked, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LettersForm {
    prefix: String,
}

#[derive(Template)]
#[template(path = "evaluation/publications/letters.html")]
struct OfRound {
    chrome: Chrome,
    round: Round,
    subjects: Vec<Evaluation>,
    letters: Vec<Letter>,
    form: LettersForm,
    problems: Problems,
}

impl OfRound {
    fn letter(&self, of: &EvaluationId) -> Option<&Letter> {
        self.letters.iter().find(|letter| letter.evaluation == *of)
    }

    fn missing(&self) -> usize {
        self.subjects.len() - self.letters.len().min(self.subjects.len())
    }

    async fn page(tx: &mut Tx, visit: &Visit, round: Round, form: LettersForm, problems: Problems) -> Result<Self> {
        let mut subjects = evaluations::subjects(tx, round.id).await?;
        subjects.retain(|one| one.state != Progress::Excluded);
        let letters = store::letters(tx, round.id, None).await?;
        Ok(Self { chrome: visit.chrome(), round, subjects, letters, form, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_final(&mut tx, &visit, id).await?;
    let form = LettersForm { prefix: format!("社工评〔{}〕", round.year) };
    Ok(Html(OfRound::page(&mut tx, &visit, round, form, Problems::default()).await?).into_response())
}

pub async fn issue(visit: Visit, Path(id): Path<RoundId>, Form(form): Form<LettersForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let round = led_final(&mut tx, &visit, id).await?;
    let mut problems = Problems::default();
    if let Some(prefix) = problems.check("prefix", line(&form.prefix, 2, 40)) {
        match checked(act::issue_letters(&mut tx, &round, &prefix).await)? {
            Ok(_) => {
                tx.commit().await?;
                return Ok(see_other_done(&format!("{}/letters", round.path()), "saved"));
            }
            Err(found) => problems.absorb(found),
        }
    }
    Ok(Invalid(OfRound::page(&mut tx, &visit, round, form, problems).await?).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/publications/letter.html")]
struct Page {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    rubric: Rubric,
    result: ResultRow,
    letter: Letter,
    /// In groups of four characters.
    code: String,
    qr: Qr,
    address: String,
    authority: String,
}

impl Page {
    fn tops(&self) -> Vec<(&Line, Points)> {
        top_lines(&self.rubric, &self.result.outcome)
    }
}

/// A station's letter on A4.
pub async fn letter(
    visit: Visit,
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<EvaluationId>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round, _, result) = scoring::released(&mut tx, &visit, id).await?;
    let letter = store::letters(&mut tx, round.id, Some(id)).await?.pop();
    let letter = letter.ok_or_else(|| Error::refused("组织评估的部门还没有出具这个站点的结果通知书。"))?;
    let rubric = rubrics::find(&mut tx, round.rubric).await?;
    let code = store::code(&tx, id)?;
    let address = app.address(&headers, &format!("/letters/{}", visit.visitor.face.code));
    let qr = Qr::of(&format!("{address}?code={code}"))?;
    let groups: Vec<&str> = (0..4).filter_map(|at| code.get(at * 4..at * 4 + 4)).collect();
    let code = groups.join("-").to_uppercase();
    let authority = visit.authority_of(&round.division, &round.division_name);
    let chrome = visit.chrome();
    let page = Page { chrome, evaluation, round, rubric, result, letter, code, qr, address, authority };
    Ok(Html(page).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
}

#[derive(Template)]
#[template(path = "evaluation/publications/check.html")]
struct Check {
    chrome: Chrome,
    path: String,
    code: String,
    proved: Option<Proved>,
}

/// Public check of a code: shows the letter it proves.
pub async fn check(
    State(app): State<App>,
    headers: HeaderMap,
    Path(network): Path<String>,
    Query(form): Query<CodeForm>,
) -> Result<Response> {
    let id = app.db.network_by_code(&network).await?.ok_or(Error::NotFound)?;
    let proved = if form.code.trim().is_empty() {
        None
    } else {
        let mut tx = app.db.begin(&Scope::of_system(id, "核验结果通知书"), Mode::Read).await?;
        store::prove(&mut tx, &form.code).await?
    };
    let path = format!("/letters/{network}");
    let chrome = Chrome::of_nobody(&headers, &path);
    Ok(Html(Check { chrome, path, code: form.code, proved }).into_response())
}
