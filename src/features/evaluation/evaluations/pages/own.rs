//! Self-scoring by a station, one section of the rubric at a time, and submission.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Figure, Round, Step, Typed},
        store::{self, Evaluation, OwnAnswer},
    },
    Part, leads, parts_of,
    show::Own,
    whole,
};
use crate::features::evaluation::rubrics::Method;
use crate::{
    db::{Entry, Tx},
    features::evaluation::rubrics::{Line, Rubric},
    kernel::{Error, EvaluationId, Points, Problems, Result, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other, see_other_done},
};

/// Fills the system's figures into the lines bound to them, for several evaluations.
pub async fn fill_figures(tx: &mut Tx, round: &Round, rubric: &Rubric, of: &[&Evaluation]) -> Result<usize> {
    let bound: Vec<_> = rubric.leaves().filter_map(|line| Some((line, line.source?))).collect();
    if bound.is_empty() {
        return Ok(0);
    }
    let stations: Vec<_> = of.iter().map(|evaluation| evaluation.station).collect();
    let figures = store::figures(tx, &stations, round.year).await?;
    let mut answers = vec![];
    for evaluation in of {
        let Some(figure) = figures.get(&evaluation.station) else { continue };
        for (line, source) in &bound {
            let Some((answer, words)) = figure.answer(*source) else { continue };
            let points = line.value(&answer).ok();
            let code = line.code.clone();
            answers.push((*evaluation, OwnAnswer { code, answer, points, words: String::new(), figure: words }));
        }
    }
    store::put_answers(tx, rubric.id, &answers).await?;
    Ok(answers.len())
}

/// Loads an evaluation that its station may edit now.
async fn writable(tx: &mut Tx, id: EvaluationId) -> Result<(Evaluation, Round, Rubric)> {
    let (evaluation, round, rubric) = whole(tx, id).await?;
    if evaluation.state.takes_self_scores() {
        Ok((evaluation, round, rubric))
    } else {
        Err(Error::refused(format!("这个站点的评估现在是「{}」，自评不能再改。", evaluation.state.label())))
    }
}

#[derive(Template)]
#[template(path = "evaluation/evaluations/own.html")]
struct Edit {
    chrome: Chrome,
    evaluation: Evaluation,
    rubric: Rubric,
    parts: Vec<Part>,
    /// The section of the rubric shown on this page.
    code: String,
    own: Own,
    typed: Typed,
    /// Line code and error.
    wrong: Vec<(String, String)>,
}

impl Edit {
    fn section(&self) -> Option<&Line> {
        self.rubric.line(&self.code)
    }

    fn sections(&self) -> Vec<(&Line, usize)> {
        sections(&self.rubric)
            .into_iter()
            .map(|section| {
                let left = leaves(&self.rubric, &section.code)
                    .into_iter()
                    .filter(|line| line.is_asked_of_station())
                    .filter(|line| self.own.at(&line.code).is_none_or(|own| own.points.is_none()));
                (section, left.count())
            })
            .collect()
    }

    fn lines(&self) -> Vec<&Line> {
        leaves(&self.rubric, &self.code)
    }

    fn why(&self, code: &str) -> Option<&str> {
        self.wrong.iter().find(|(at, _)| at == code).map(|(_, why)| why.as_str())
    }

    fn next(&self) -> Option<&Line> {
        let all = sections(&self.rubric);
        let at = all.iter().position(|section| section.code == self.code)?;
        all.get(at + 1).copied()
    }

    fn figure_path(&self, line: &Line) -> String {
        line.source.map(|source| Figure::path(source, self.evaluation.id, self.evaluation.station)).unwrap_or_default()
    }
}

/// The sections for self-scoring: top-level lines that give points.
fn sections(rubric: &Rubric) -> Vec<&Line> {
    rubric.children(None).filter(|line| line.kind.is_self_scored()).collect()
}

/// The scored lines of a section.
fn leaves<'a>(rubric: &'a Rubric, section: &str) -> Vec<&'a Line> {
    let top = |line: &Line| {
        let mut at = line;
        while let Some(parent) = at.parent.as_deref().and_then(|code| rubric.line(code)) {
            at = parent;
        }
        at.code == section
    };
    rubric.leaves().filter(|line| top(line)).collect()
}

pub async fn edit(visit: Visit, Path((id, code)): Path<(EvaluationId, String)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let found = store::find(&mut tx, id).await?;
    if !found.state.takes_self_scores() {
        return Ok(see_other(&found.path()));
    }
    let (evaluation, round, rubric) = writable(&mut tx, id).await?;
    if !sections(&rubric).iter().any(|section| section.code == code) {
        return Err(Error::NotFound);
    }
    let own = Own::of(&mut tx, id).await?;
    let mut typed = Typed::default();
    for line in leaves(&rubric, &code) {
        if let Some(own) = own.at(&line.code) {
            typed.put(line, &own.answer, &own.words);
        }
    }
    let chrome = visit.chrome();
    let parts = parts_of(&chrome, evaluation.state, leads(&visit, &round));
    Ok(Html(Edit { chrome, evaluation, rubric, parts, code, own, typed, wrong: vec![] }).into_response())
}

/// Saves the answers of one section. One invalid line stops the whole page from being saved;
/// the form comes back with everything the visitor typed.
pub async fn save(
    visit: Visit,
    Path((id, code)): Path<(EvaluationId, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let typed = Typed(pairs);
    let mut tx = visit.begin().await?;
    let (evaluation, round, rubric) = writable(&mut tx, id).await?;
    let lines = leaves(&rubric, &code);
    if !sections(&rubric).iter().any(|section| section.code == code) {
        return Err(Error::NotFound);
    }
    let before = Own::of(&mut tx, id).await?;
    let (mut answers, mut wrong) = (vec![], vec![]);
    for line in lines {
        if line.is_surveyed() {
            continue;
        }
        let figure = before.at(&line.code).map(|own| own.figure.clone()).filter(|_| line.source.is_some());
        match typed.at(line).read(line) {
            // The system's figure stays; the station may add words beside it.
            Ok((_, words)) if let (Some(own), Some(figure)) = (before.at(&line.code), &figure) => {
                if own.words != words {
                    answers.push((&evaluation, OwnAnswer { words, figure: figure.clone(), ..own.clone() }));
                }
            }
            Ok((None, words)) if words.is_empty() && before.at(&line.code).is_none() => {}
            Ok((answer, words)) => {
                let points = answer.as_ref().and_then(|answer| line.value(answer).ok());
                let own = OwnAnswer {
                    code: line.code.clone(),
                    answer: answer.unwrap_or_default(),
                    points,
                    words,
                    figure: String::new(),
                };
                answers.push((&evaluation, own));
            }
            Err(why) => wrong.push((line.code.clone(), why)),
        }
    }
    if !wrong.is_empty() {
        let chrome = visit.chrome();
        let parts = parts_of(&chrome, evaluation.state, leads(&visit, &round));
        let page = Edit { chrome, evaluation, rubric, parts, code, own: before, typed, wrong };
        return Ok(Invalid(page).into_response());
    }
    store::put_answers(&mut tx, rubric.id, &answers).await?;
    let after: serde_json::Map<_, _> = answers
        .iter()
        .map(|(_, own)| (own.code.clone(), json!({ "points": own.points, "words": own.words })))
        .collect();
    let entry = Entry::new("填写自评", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "part": code, "answers": after }))).await?;
    tx.commit().await?;
    Ok(match typed.get("then").split_once(':') {
        Some(("evidence", line)) if rubric.line(line).is_some() => {
            see_other(&format!("{}/evidence/{line}", evaluation.path()))
        }
        Some(("part", part)) if rubric.line(part).is_some() => {
            see_other_done(&format!("{}/self/{part}", evaluation.path()), "saved")
        }
        _ => see_other_done(&evaluation.path(), "saved"),
    })
}

/// Recomputes the system's figures.
pub async fn refresh(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round, rubric) = writable(&mut tx, id).await?;
    let count = fill_figures(&mut tx, &round, &rubric, &[&evaluation]).await?;
    let entry = Entry::new("更新自评中的系统数据", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "lines": count }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&evaluation.path(), "figures"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SubmitForm {
    summary: String,
}

#[derive(Template)]
#[template(path = "evaluation/evaluations/submit.html")]
struct Check {
    chrome: Chrome,
    evaluation: Evaluation,
    rubric: Rubric,
    parts: Vec<Part>,
    own: Own,
    form: SubmitForm,
    problems: Problems,
    is_late: bool,
}

impl Check {
    fn section_of(&self, line: &Line) -> String {
        let all = sections(&self.rubric);
        let section =
            all.iter().find(|section| leaves(&self.rubric, &section.code).iter().any(|leaf| leaf.code == line.code));
        section.map(|section| section.code.clone()).unwrap_or_default()
    }

    /// Lines that ask for evidence and have none.
    fn unproved(&self) -> Vec<&Line> {
        let asks = |line: &&Line| {
            let claims = self.own.at(&line.code).and_then(|own| own.points).is_some_and(|points| points > Points::ZERO);
            let wants = line.is_asked_of_station() && !line.evidence.is_empty();
            claims && wants && self.own.proof(&line.code).is_empty()
        };
        self.rubric.leaves().filter(asks).collect()
    }

    async fn page(visit: &Visit, tx: &mut Tx, id: EvaluationId, form: SubmitForm, problems: Problems) -> Result<Self> {
        let (evaluation, round, rubric) = writable(tx, id).await?;
        let own = Own::of(tx, id).await?;
        let chrome = visit.chrome();
        let parts = parts_of(&chrome, evaluation.state, leads(visit, &round));
        let is_late = evaluation.self_until < tx.today();
        Ok(Self { chrome, evaluation, rubric, parts, own, form, problems, is_late })
    }
}

pub async fn check(visit: Visit, Path(id): Path<EvaluationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let found = store::find(&mut tx, id).await?;
    if !found.state.takes_self_scores() {
        return Ok(see_other(&found.path()));
    }
    let summary = found.summary;
    let page = Check::page(&visit, &mut tx, id, SubmitForm { summary }, Problems::default()).await?;
    Ok(Html(page).into_response())
}

pub async fn submit(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<SubmitForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut evaluation, round, rubric) = writable(&mut tx, id).await?;
    fill_figures(&mut tx, &round, &rubric, &[&evaluation]).await?;
    let own = Own::of(&mut tx, id).await?;
    let mut problems = Problems::default();
    let summary = problems.check("summary", line(&form.summary, 10, 3000));
    let missing = own.missing(&rubric);
    if !missing.is_empty() {
        problems.note("missing", format!("还有 {} 项没有自评，填好才能提交。", missing.len()));
    }
    if evaluation.self_until < tx.today() {
        problems.note("missing", format!("自评已于 {} 截止。请联系组织评估的部门延期。", evaluation.self_until));
    }
    let (Some(summary), true) = (summary, problems.is_empty()) else {
        return Ok(Invalid(Check::page(&visit, &mut tx, id, form, problems).await?).into_response());
    };
    store::put_summary(&mut tx, id, &summary).await?;
    store::step(&mut tx, &mut evaluation, Step::Submit, "").await?;
    let entry = Entry::new("提交自评", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "round": round.name, "lines": own.answers.len() }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&evaluation.path(), "submitted"))
}
