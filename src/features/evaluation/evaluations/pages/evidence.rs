//! Evidence for a line: picked from records in the system, or uploaded.

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::Round,
        store::{self, Evaluation, Evidence, Offered},
    },
    Part, leads, parts_of, whole,
};
use crate::{
    db::{Entry, Tx},
    features::{
        evaluation::rubrics::{Line, Rubric},
        ground::files,
    },
    kernel::{Error, EvaluationId, FileId, Problems, Result, line},
    web::{App, Chrome, Form, FormWithFile, Html, Invalid, Path, Visit, checked, filters, see_other, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/evaluations/evidence.html")]
struct Show {
    chrome: Chrome,
    evaluation: Evaluation,
    rubric: Rubric,
    parts: Vec<Part>,
    code: String,
    there: Vec<Evidence>,
    offered: Vec<Offered>,
    problems: Problems,
    file_label: String,
}

impl Show {
    fn line(&self) -> Option<&Line> {
        self.rubric.line(&self.code)
    }

    /// The top-level section of the rubric that contains this line.
    fn section(&self) -> &str {
        let mut at = self.rubric.line(&self.code);
        while let Some(parent) = at.and_then(|line| line.parent.as_deref()).and_then(|code| self.rubric.line(code)) {
            at = Some(parent);
        }
        at.map_or("", |line| line.code.as_str())
    }

    fn is_there(&self, offered: &Offered) -> bool {
        self.there.iter().any(|row| match offered.file {
            Some(file) => row.file_id == Some(file),
            None => row.path == offered.path,
        })
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        id: EvaluationId,
        code: String,
        (file_label, problems): (String, Problems),
    ) -> Result<Self> {
        let (evaluation, round, rubric) = provable(tx, id, &code).await?;
        let (_, all) = store::own(tx, id).await?;
        let there = all.into_iter().filter(|row| row.code == code).collect();
        let offered = store::offered(tx, &evaluation, round.year).await?;
        let chrome = visit.chrome();
        let parts = parts_of(&chrome, evaluation.state, leads(visit, &round));
        Ok(Self { chrome, evaluation, rubric, parts, code, there, offered, problems, file_label })
    }
}

/// An evaluation whose station may still change the evidence for a line.
async fn provable(tx: &mut Tx, id: EvaluationId, code: &str) -> Result<(Evaluation, Round, Rubric)> {
    let (evaluation, round, rubric) = whole(tx, id).await?;
    rubric.leaves().find(|line| line.code == code).ok_or(Error::NotFound)?;
    if evaluation.state.takes_self_scores() {
        Ok((evaluation, round, rubric))
    } else {
        Err(Error::refused(format!("这个站点的评估现在是「{}」，材料不能再改。", evaluation.state.label())))
    }
}

pub async fn show(visit: Visit, Path((id, code)): Path<(EvaluationId, String)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let found = store::find(&mut tx, id).await?;
    if !found.state.takes_self_scores() {
        return Ok(see_other(&found.path()));
    }
    Ok(Html(Show::page(&visit, &mut tx, id, code, Default::default()).await?).into_response())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PickForm {
    pick: Vec<String>,
}

fn here(evaluation: &Evaluation, code: &str) -> String {
    format!("{}/evidence/{code}", evaluation.path())
}

/// Attaches several of the offered records as evidence.
pub async fn pick(
    visit: Visit,
    Path((id, code)): Path<(EvaluationId, String)>,
    Form(form): Form<PickForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, round, _) = provable(&mut tx, id, &code).await?;
    let offered = store::offered(&mut tx, &evaluation, round.year).await?;
    let mut added = vec![];
    for one in offered.iter().filter(|one| form.pick.contains(&one.key())) {
        if store::add_evidence(&mut tx, &evaluation, &code, (&one.label, one.file, &one.path)).await? {
            added.push(one.label.clone());
        }
    }
    if added.is_empty() {
        let problems = Problems::one("pick", "请先勾选要用的材料。");
        let page = Show::page(&visit, &mut tx, id, code, (String::new(), problems)).await?;
        return Ok(Invalid(page).into_response());
    }
    let entry = Entry::new("选用自评材料", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "line": code, "picked": added }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&here(&evaluation, &code), "saved"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LabelForm {
    label: String,
}

pub async fn upload(
    AppState(app): AppState<App>,
    visit: Visit,
    Path((id, code)): Path<(EvaluationId, String)>,
    FormWithFile(form, upload): FormWithFile<LabelForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let file = checked(files::read(&app, upload).await)?.map_err(|found| problems.absorb(found)).ok().flatten();
    let mut tx = visit.begin().await?;
    let (evaluation, ..) = provable(&mut tx, id, &code).await?;
    let label = problems.check("label", line(&form.label, 0, 60));
    if file.is_none() && problems.on("file").is_none() {
        problems.note("file", "请选择要上传的文件。");
    }
    let kept = match &file {
        Some(file) if problems.is_empty() => {
            checked(files::keep(&mut tx, file).await)?.map_err(|found| problems.absorb(found)).ok()
        }
        _ => None,
    };
    let (Some(file), Some(kept), Some(label), true) = (file, kept, label, problems.is_empty()) else {
        let page = Show::page(&visit, &mut tx, id, code, (form.label, problems)).await?;
        return Ok(Invalid(page).into_response());
    };
    let label = if label.is_empty() { file.name.clone() } else { label };
    store::add_evidence(&mut tx, &evaluation, &code, (&label, Some(kept), "")).await?;
    let entry = Entry::new("上传自评材料", "evaluation", id, &evaluation.station_name);
    tx.record(entry.after(json!({ "line": code, "label": label, "file": kept }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&here(&evaluation, &code), "saved"))
}

pub async fn remove(visit: Visit, Path((id, code, seq)): Path<(EvaluationId, String, i16)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (evaluation, ..) = provable(&mut tx, id, &code).await?;
    let label = store::remove_evidence(&mut tx, id, &code, seq).await?.ok_or(Error::NotFound)?;
    let entry = Entry::new("去掉自评材料", "evaluation", id, &evaluation.station_name);
    tx.record(entry.before(json!({ "line": code, "label": label }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&here(&evaluation, &code), "deleted"))
}

/// Serves an evidence file of an evaluation within reach.
pub async fn file(visit: Visit, Path((id, file)): Path<(EvaluationId, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    store::find(&mut tx, id).await?;
    let is_there = store::files_of(&mut tx, id).await?.contains(&file);
    if is_there { files::serve(&mut tx, file).await } else { Err(Error::NotFound) }
}
