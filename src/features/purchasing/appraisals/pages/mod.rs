//! The page of a project's evaluations, with its forms for results, proof and re-checks.

pub mod draws;

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    model::{Appraisal, AppraisalForm, Grade, Kind, Rectification, RectificationState},
    store::{self, NewAppraisal},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        ground::files,
        purchasing::projects::{self, PARTS, Project},
    },
    kernel::{Day, Error, FileId, Problems, ProjectId, Result, line},
    web::{
        App, Chrome, Form, FormWithFile, Html, Invalid, Path, Upload, Visit, checked, filters, form_key, key_of,
        see_other_done,
    },
};

#[derive(Template)]
#[template(path = "purchasing/appraisals/show.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    appraisals: Vec<Appraisal>,
    rectifications: Vec<Rectification>,
    form: AppraisalForm,
    /// The rectification the visitor was writing about, and the text they typed.
    about: Option<(i16, String)>,
    today: Day,
    problems: Problems,
}

impl Show {
    /// The label of an appraisal's table of rectifications; each table has its own.
    fn rectifications(&self, of: &Appraisal) -> String {
        format!("第 {} 次{}的整改", of.seq, of.kind.label())
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        let of = Kind::of(self.project.state());
        [("", "请选择")].into_iter().chain(of.into_iter().map(|kind| (kind.as_str(), kind.label()))).collect()
    }

    fn may_enter(&self) -> bool {
        self.may_check() && !Kind::of(self.project.state()).is_empty()
    }

    /// A visitor limited to stations evaluates only projects assigned to them.
    fn may_check(&self) -> bool {
        let account = self.chrome.visitor.as_ref().map(|visitor| visitor.account);
        let is_theirs = account.is_some_and(|account| self.project.evaluators.contains(&account));
        self.chrome.may(Act::AppraiseProjects) && (!self.chrome.narrow() || is_theirs)
    }

    fn after(&self, seq: &i16) -> Vec<&Rectification> {
        self.rectifications.iter().rev().filter(|row| row.appraisal_seq == *seq).collect()
    }

    /// The text typed about a rectification.
    fn typed(&self, seq: &i16) -> &str {
        self.about.as_ref().filter(|(about, _)| about == seq).map_or("", |(_, typed)| typed)
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        project: Project,
        mut form: AppraisalForm,
        (about, problems): (Option<(i16, String)>, Problems),
    ) -> Result<Self> {
        let (appraisals, rectifications) = store::all(tx, project.id).await?;
        let today = tx.today();
        if form.key.is_empty() {
            form.key = form_key();
            form.held_on = today.to_string();
        }
        Ok(Self { chrome: visit.chrome(), project, appraisals, rectifications, form, about, today, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, project, AppraisalForm::default(), (None, Problems::default())).await?)
        .into_response())
}

/// A project this visitor may evaluate. A visitor limited to stations can read all projects of
/// those stations, but evaluates only the ones assigned to them.
async fn appraised(visit: &Visit, tx: &mut Tx, id: ProjectId) -> Result<Project> {
    let project = projects::take(tx, id).await?;
    let is_narrow = visit.visitor.scope.reach.stations.is_some();
    if is_narrow && !project.evaluators.contains(&visit.visitor.account) { Err(Error::NotFound) } else { Ok(project) }
}

/// Validates the form's file and reports a problem at the field `file`.
async fn judged(app: &App, upload: Upload, problems: &mut Problems) -> Result<Option<files::Judged>> {
    Ok(match checked(files::read(app, upload).await)? {
        Ok(file) => file,
        Err(found) => {
            problems.absorb(found);
            None
        }
    })
}

pub async fn create(
    AppState(app): AppState<App>,
    visit: Visit,
    Path(id): Path<ProjectId>,
    FormWithFile(form, upload): FormWithFile<AppraisalForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = judged(&app, upload, &mut problems).await?;
    let mut tx = visit.begin().await?;
    let project = appraised(&visit, &mut tx, id).await?;
    let read =
        form.read(project.state(), project.terms.signed_on, tx.today()).map_err(|found| problems.absorb(found)).ok();
    let (Some(read), true) = (read, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, project, form, (None, problems)).await?).into_response());
    };
    let there = format!("{}/appraisals", project.path());
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    let file = match &file {
        Some(file) => match checked(files::keep(&mut tx, file).await)? {
            Ok(kept) => Some(kept),
            Err(found) => {
                return Ok(Invalid(Show::page(&visit, &mut tx, project, form, (None, found)).await?).into_response());
            }
        },
        None => None,
    };
    let seq = store::add(&mut tx, &project, &NewAppraisal { read: &read, file }).await?;
    let grade = Grade::of(read.score_centi);
    let after = json!({ "seq": seq, "read": read, "grade": grade.label() });
    tx.record(Entry::new("登记项目评估", "project", id, &project.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "saved"))
}

pub async fn file(visit: Visit, Path((id, file)): Path<(ProjectId, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    projects::find(&mut tx, id).await?;
    let (appraisals, rectifications) = store::all(&mut tx, id).await?;
    let is_there = appraisals.iter().any(|row| row.file_id == Some(file))
        || rectifications
            .iter()
            .any(|row| row.file_id == Some(file) || row.history.iter().any(|round| round.file_id == Some(file)));
    if is_there { files::serve(&mut tx, file).await } else { Err(Error::NotFound) }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProofForm {
    proof: String,
}

const MOVED: &str = "这条整改的状态已经变了，请刷新后再看。";

/// The current state of one of the project's rectifications.
async fn rectification(tx: &mut Tx, id: ProjectId, seq: i16) -> Result<Rectification> {
    let (_, rectifications) = store::all(tx, id).await?;
    rectifications.into_iter().find(|row| row.seq == seq).ok_or(Error::NotFound)
}

pub async fn prove(
    AppState(app): AppState<App>,
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    FormWithFile(form, upload): FormWithFile<ProofForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = judged(&app, upload, &mut problems).await?;
    let mut tx = visit.begin().await?;
    let project = projects::take(&mut tx, id).await?;
    let row = rectification(&mut tx, id, seq).await?;
    let proof = problems.check("proof", line(&form.proof, 4, 500));
    let (Some(proof), true) = (proof, problems.is_empty()) else {
        let typed = (Some((seq, form.proof)), problems);
        return Ok(
            Invalid(Show::page(&visit, &mut tx, project, AppraisalForm::default(), typed).await?).into_response()
        );
    };
    let file = match &file {
        Some(file) => Some(files::keep(&mut tx, file).await?),
        None => None,
    };
    if !store::submit_proof(&mut tx, id, seq, &proof, file).await? {
        return Err(Error::refused(MOVED));
    }
    let after = json!({ "finding": row.finding, "proof": proof, "file": file });
    tx.record(Entry::new("提交项目整改", "project", id, &project.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/appraisals", project.path()), "saved"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CheckForm {
    decision: String,
    words: String,
    due_on: String,
}

pub async fn check(
    visit: Visit,
    Path((id, seq)): Path<(ProjectId, i16)>,
    Form(form): Form<CheckForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = appraised(&visit, &mut tx, id).await?;
    let row = rectification(&mut tx, id, seq).await?;
    let mut problems = Problems::default();
    let state = match form.decision.as_str() {
        "pass" => RectificationState::Passed,
        "again" => RectificationState::Open,
        _ => {
            problems.note("decision", "请选择复查结果。");
            RectificationState::Open
        }
    };
    let least = if state == RectificationState::Open { 2 } else { 0 };
    let words = problems.check("words", line(&form.words, least, 300));
    let due_on = match (state, form.due_on.trim()) {
        (RectificationState::Open, "") => {
            problems.note("due_on", "还要整改的请填新的期限。");
            None
        }
        (RectificationState::Open, typed) => problems.check("due_on", typed.parse::<Day>()),
        _ => None,
    };
    let today = tx.today();
    if due_on.is_some_and(|day| day < today) {
        problems.note("due_on", "新的期限不能早于今天。");
    }
    let (Some(words), true) = (words, problems.is_empty()) else {
        let typed = (Some((seq, form.words)), problems);
        return Ok(
            Invalid(Show::page(&visit, &mut tx, project, AppraisalForm::default(), typed).await?).into_response()
        );
    };
    if !store::check(&mut tx, id, seq, (state, &words), due_on).await? {
        return Err(Error::refused(MOVED));
    }
    let after = json!({ "finding": row.finding, "state": state.label(), "words": words, "due_on": due_on });
    tx.record(Entry::new("复查项目整改", "project", id, &project.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/appraisals", project.path()), "saved"))
}
