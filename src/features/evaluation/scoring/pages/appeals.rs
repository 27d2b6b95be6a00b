//! A station's appeals, line by line, and the decision by somebody who did not score it.

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::store::{self, Appeal, ResultRow},
    led,
    result::released,
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        evaluation::{
            evaluations::{self, Evaluation, Part, Round},
            rubrics::{self, Line, Rubric},
        },
        ground::files,
    },
    kernel::{Day, Error, EvaluationId, Points, Problems, Result, line},
    web::{App, Chrome, Form, FormWithFile, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/scoring/appeals.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    rubric: Rubric,
    parts: Vec<Part>,
    result: ResultRow,
    appeals: Vec<Appeal>,
    leads: bool,
    today: Day,
    form: AppealForm,
    problems: Problems,
}

impl Show {
    fn may_ask(&self) -> bool {
        self.chrome.may(Act::ScoreOwnStation) && self.round.takes_appeals(self.today)
    }

    fn line(&self, code: &str) -> Option<&Line> {
        self.rubric.line(code)
    }

    /// True if the visitor scored the station.
    fn scored(&self, appeal: &Appeal) -> bool {
        self.chrome.visitor.as_ref().is_some_and(|visitor| appeal.scorers.contains(&visitor.account))
    }

    fn choices(&self) -> Vec<(String, String)> {
        let open = |line: &&Line| !self.appeals.iter().any(|appeal| appeal.code == line.code);
        let lines = self.rubric.leaves().filter(open).filter_map(|line| {
            let value = self.result.outcome.line(&line.code)?.value;
            Some((line.code.clone(), format!("{} {}（{}）", line.code, line.text, line.words_of(&value))))
        });
        [(String::new(), "请选择".to_owned())].into_iter().chain(lines).collect()
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        id: EvaluationId,
        (form, problems): (AppealForm, Problems),
    ) -> Result<Self> {
        let (evaluation, round, parts, result) = released(tx, visit, id).await?;
        let rubric = rubrics::find(tx, round.rubric).await?;
        let appeals = store::appeals(tx, id).await?;
        let (leads, today) = (evaluations::leads(visit, &round), tx.today());
        Ok(Self {
            chrome: visit.chrome(),
            evaluation,
            round,
            rubric,
            parts,
            result,
            appeals,
            leads,
            today,
            form,
            problems,
        })
    }
}

pub async fn show(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(Show::page(&visit, &mut tx, id, Default::default()).await?).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AppealForm {
    code: String,
    words: String,
    decision: String,
    points: String,
    answer: String,
    /// The appeal whose decision failed.
    #[serde(skip)]
    about: String,
}

pub async fn ask(
    AppState(app): AppState<App>,
    visit: Visit,
    Path(id): Path<EvaluationId>,
    FormWithFile(form, upload): FormWithFile<AppealForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = checked(files::read(&app, upload).await)?.map_err(|found| problems.absorb(found)).ok().flatten();
    let mut tx = visit.begin().await?;
    let (evaluation, round, _, result) = released(&mut tx, &visit, id).await?;
    if !round.takes_appeals(tx.today()) {
        return Err(Error::refused("申请复核的期限已经过了。"));
    }
    let before = result.outcome.line(form.code.trim()).map(|line| line.value);
    if before.is_none() {
        problems.note("code", "请选择要复核的指标。");
    }
    let words = problems.check("words", line(&form.words, 10, 500));
    let (Some(before), Some(words), true) = (before, words, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, (form, problems)).await?).into_response());
    };
    let kept = match &file {
        Some(file) => match checked(files::keep(&mut tx, file).await)? {
            Ok(kept) => Some(kept),
            Err(found) => return Ok(Invalid(Show::page(&visit, &mut tx, id, (form, found)).await?).into_response()),
        },
        None => None,
    };
    let code = form.code.trim();
    if let Err(found) = checked(store::appeal(&mut tx, &evaluation, (code, before), (&words, kept)).await)? {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, (form, found)).await?).into_response());
    }
    let entry = Entry::new("申请复核评估结果", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "line": code, "words": words, "file": kept, "before": before }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/appeals", evaluation.path()), "asked"))
}

pub async fn decide(
    visit: Visit,
    Path((id, code)): Path<(EvaluationId, String)>,
    Form(mut form): Form<AppealForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, _, rubric) = led(&mut tx, &visit, id).await?;
    let appeals = store::appeals(&mut tx, id).await?;
    let appeal = appeals.iter().find(|appeal| appeal.code == code).ok_or(Error::NotFound)?;
    let leaf = rubric.line(&code).ok_or(Error::NotFound)?;
    if appeal.scorers.contains(&visit.visitor.account) {
        return Err(Error::refused("您评过这个站点，复核要由没有评过的人办理。"));
    }
    let mut problems = Problems::default();
    let most = if leaf.kind.has_points() { leaf.points } else { Points(1000) };
    let after = match form.decision.as_str() {
        "uphold" => {
            let points = problems.check("points", Points::parse(&form.points));
            if points.is_some_and(|points| points > most || points < -leaf.points) {
                problems.note("points", format!("{code} 的分值在 0 到 {most} 之间。"));
            } else if points == Some(appeal.before) {
                problems.note("points", "和原来的分一样。维持原分的，请选「维持原分」。");
            }
            points
        }
        "reject" => None,
        _ => {
            problems.note("decision", "请选择更改还是维持原分。");
            None
        }
    };
    let answer = problems.check("answer", line(&form.answer, 4, 500));
    let (Some(answer), true) = (answer, problems.is_empty()) else {
        form.about = code;
        return Ok(Invalid(Show::page(&visit, &mut tx, id, (form, problems)).await?).into_response());
    };
    if !store::decide_appeal(&mut tx, id, &code, (after, &answer)).await? {
        return Err(Error::refused("这条复核已经有人处理了，请刷新后再看。"));
    }
    let entry = Entry::new("处理复核", "evaluation", id, &evaluation.station_name);
    tx.record(
        entry
            .before(json!({ "points": appeal.before }))
            .after(json!({ "line": code, "points": after, "answer": answer })),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/appeals", evaluation.path()), "saved"))
}
