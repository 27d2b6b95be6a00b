//! Moderation: the committee settles the lines on which the panel disagrees.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Column, Outcome, calculate, is_disputed},
        moderate,
        store::{self, Given, Settled},
    },
    led,
};
use crate::{
    db::{Entry, Tx},
    features::evaluation::{
        evaluations::{self, Evaluation, OwnAnswer, Part, Round, State, Step},
        panels::{self, Seat},
        rubrics::{Kind, Line, Rubric},
    },
    kernel::{AccountId, Error, EvaluationId, Points, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/scoring/moderation.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    round: Round,
    rubric: Rubric,
    parts: Vec<Part>,
    seats: Vec<Seat>,
    own: HashMap<String, OwnAnswer>,
    given: Vec<Given>,
    settled: Vec<Settled>,
    columns: BTreeMap<String, Column>,
    outcome: Outcome,
    form: SettleForm,
    /// The line shown with the values just typed.
    about: String,
    problems: Problems,
}

impl Show {
    fn may_settle(&self) -> bool {
        self.evaluation.state == State::Scored
    }

    /// One member's score at a line.
    fn at(&self, account: &AccountId, code: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.account_id == *account && given.code == code)
    }

    fn settled(&self, code: &str) -> Option<&Settled> {
        self.settled.iter().find(|settled| settled.code == code)
    }

    fn is_disputed(&self, line: &Line) -> bool {
        self.columns.get(&line.code).is_some_and(|column| is_disputed(line, &column.scorers, self.round.spread_bp))
    }

    /// Disputed lines that are not settled yet.
    fn open(&self) -> Vec<&Line> {
        self.rubric.leaves().filter(|line| self.is_disputed(line) && self.settled(&line.code).is_none()).collect()
    }

    fn lines(&self) -> Vec<&Line> {
        self.rubric.leaves().collect()
    }

    /// The panel's combined value at a line, as text.
    fn panel(&self, line: &Line) -> String {
        self.outcome.line(&line.code).map_or_else(String::new, |of| line.words_of(&of.panel))
    }

    fn typed(&self, line: &Line) -> (&str, &str) {
        if self.about == line.code { (&self.form.points, &self.form.words) } else { ("", "") }
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        id: EvaluationId,
        (about, form, problems): (String, SettleForm, Problems),
    ) -> Result<Self> {
        let (evaluation, round, rubric) = led(tx, visit, id).await?;
        let parts = evaluations::parts_of(&visit.chrome(), evaluation.state, true);
        if !parts.iter().any(|(path, _)| *path == "/moderation") {
            return Err(Error::refused("专家都提交以后才能合议，在那以前谁也看不到别人的分。"));
        }
        let seats = panels::seats(tx, round.id).await?.into_iter().filter(|seat| seat.evaluation == id).collect();
        let own = evaluations::own_answers(tx, id).await?.into_iter().map(|own| (own.code.clone(), own)).collect();
        let given = store::given(tx, id).await?;
        let settled = store::settled(tx, id).await?;
        let columns = store::columns(tx, round.id, Some(id)).await?.remove(&id).unwrap_or_default();
        let outcome = calculate(&rubric, (&round.bands, round.combination), &columns);
        Ok(Self {
            chrome: visit.chrome(),
            evaluation,
            round,
            rubric,
            parts,
            seats,
            own,
            given,
            settled,
            columns,
            outcome,
            form,
            about,
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
pub struct SettleForm {
    points: String,
    words: String,
    decision: String,
}

/// Settles a line, or reverts its settlement.
pub async fn settle(
    visit: Visit,
    Path((id, code)): Path<(EvaluationId, String)>,
    Form(form): Form<SettleForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, _, rubric) = led(&mut tx, &visit, id).await?;
    if evaluation.state != State::Scored {
        return Err(Error::refused(format!("这个站点的评估现在是「{}」，不能合议。", evaluation.state.label())));
    }
    let leaf = rubric.leaves().find(|line| line.code == code).ok_or(Error::NotFound)?;
    let there = format!("{}/moderation#l-{code}", evaluation.path());
    let entry = Entry::new("合议评分", "evaluation", id, &evaluation.station_name);
    if form.decision == "undo" {
        if !store::unsettle(&mut tx, id, &code).await? {
            return Err(Error::NotFound);
        }
        tx.record(entry.before(json!({ "line": code }))).await?;
        tx.commit().await?;
        return Ok(see_other(&there));
    }
    let mut problems = Problems::default();
    let points = problems.check("points", Points::parse(&form.points));
    let most = if leaf.kind.has_points() { leaf.points } else { Points(1000) };
    let least = if leaf.kind == Kind::Scored { -leaf.points } else { Points::ZERO };
    let is_either = |points: Points| points == Points::ZERO || points == most;
    match points {
        Some(points) if !leaf.kind.has_points() && !is_either(points) => {
            problems.note("points", format!("{code} 请填 0（没有发生）或 1（发生了）。"));
        }
        Some(points) if points > most || points < least => {
            problems.note("points", format!("{code} 的分值在 0 到 {most} 之间。"));
        }
        _ => {}
    }
    let words = problems.check("words", line(&form.words, 4, 300));
    let (Some(points), Some(words), true) = (points, words, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, id, (code, form, problems)).await?).into_response());
    };
    store::settle(&mut tx, &evaluation, &code, points, &words).await?;
    tx.record(entry.after(json!({ "line": code, "points": points, "words": words }))).await?;
    tx.commit().await?;
    Ok(see_other(&there))
}

/// Ends the moderation of a station and saves its result, which stays under embargo.
pub async fn finish(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut evaluation, round, rubric) = led(&mut tx, &visit, id).await?;
    moderate::settle_station(&mut tx, &mut evaluation, &round, &rubric).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/moderation", evaluation.path()), "moderated"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackForm {
    step: String,
    words: String,
}

/// Returns the sheets to the panel, or reopens the moderation.
pub async fn step_back(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<BackForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut evaluation, ..) = led(&mut tx, &visit, id).await?;
    let step = match form.step.as_str() {
        "reopen" => Step::Reopen,
        "reconsider" => Step::Reconsider,
        _ => return Err(Error::NotFound),
    };
    let words = match line(&form.words, 2, 300) {
        Ok(words) => words,
        Err(why) => {
            let about = (String::new(), SettleForm::default(), Problems::one("back", why));
            return Ok(Invalid(Show::page(&visit, &mut tx, id, about).await?).into_response());
        }
    };
    evaluations::step(&mut tx, &mut evaluation, step, &words).await?;
    if step == Step::Reopen {
        panels::hand_back(&mut tx, id).await?;
    }
    store::drop_result(&mut tx, id).await?;
    let entry = Entry::new("推进站点评估", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "step": step.label(), "words": words }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/moderation", evaluation.path()), "state"))
}
