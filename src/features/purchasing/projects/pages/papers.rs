//! The page of a project's documents, sorted by stage.

use askama::Template;
use axum::{
    extract::State as AppState,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    PARTS,
    model::DocumentKind,
    store::{self, Document, Project},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::ground::files,
    kernel::{Error, FileId, Problems, ProjectId, Result, line},
    web::{App, Chrome, FormWithFile, Html, Invalid, Path, Visit, checked, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PaperForm {
    kind: String,
    note: String,
}

#[derive(Template)]
#[template(path = "purchasing/projects/papers.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    documents: Vec<Document>,
    missing: Vec<&'static str>,
    form: PaperForm,
    problems: Problems,
}

impl Show {
    /// True while documents may be added: until the project is closed or terminated.
    fn is_open(&self) -> bool {
        use super::super::model::State::{Closed, Terminated};
        self.chrome.may(Act::RunProjects) && !matches!(self.project.state(), Closed | Terminated)
    }

    fn kinds(&self) -> Vec<(&'static str, String)> {
        let known = DocumentKind::ALL.iter().map(|kind| (kind.as_str(), format!("{}：{}", kind.stage(), kind.label())));
        [("", "请选择".to_owned())].into_iter().chain(known).collect()
    }

    async fn page(visit: &Visit, tx: &mut Tx, project: Project, form: PaperForm, problems: Problems) -> Result<Self> {
        let plan = store::plan(tx, project.id).await?;
        let missing = if project.is_drafted() { plan.missing_documents() } else { vec![] };
        let mut documents = plan.documents;
        documents.sort_by_key(|document| document.kind);
        Ok(Self { chrome: visit.chrome(), project, documents, missing, form, problems })
    }
}

pub async fn show(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, project, PaperForm::default(), Problems::default()).await?).into_response())
}

/// The most documents a project may have.
const MOST: usize = 200;

pub async fn attach(
    AppState(app): AppState<App>,
    visit: Visit,
    Path(id): Path<ProjectId>,
    FormWithFile(form, upload): FormWithFile<PaperForm>,
) -> Result<Response> {
    let mut problems = Problems::default();
    let kind = problems.check("kind", DocumentKind::parse(&form.kind).ok_or("请选择材料种类。"));
    let note = problems.check("note", line(&form.note, 0, 80));
    let file = match checked(files::read(&app, upload).await)? {
        Ok(file) => file,
        Err(found) => {
            problems.absorb(found);
            None
        }
    };
    if file.is_none() && problems.on("file").is_none() {
        problems.note("file", "请选择要上传的文件。");
    }
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_open()?;
    if store::plan(&mut tx, id).await?.documents.len() >= MOST {
        problems.note("file", format!("一个项目最多 {MOST} 份材料，请先删去不用的。"));
    }
    let (Some(kind), Some(note), Some(file), true) = (kind, note, file, problems.is_empty()) else {
        return Ok(Invalid(Show::page(&visit, &mut tx, project, form, problems).await?).into_response());
    };
    let kept = match checked(files::keep(&mut tx, &file).await)? {
        Ok(kept) => kept,
        Err(problems) => {
            return Ok(Invalid(Show::page(&visit, &mut tx, project, form, problems).await?).into_response());
        }
    };
    store::attach(&mut tx, &project, kept, kind, &file.name, &note).await?;
    let after = json!({ "kind": kind.label(), "name": file.name, "note": note });
    tx.record(Entry::new("添加项目材料", "project", id, &project.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/papers", project.path()), "saved"))
}

pub async fn file(visit: Visit, Path((id, file)): Path<(ProjectId, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    store::find(&mut tx, id).await?;
    let documents = store::plan(&mut tx, id).await?.documents;
    if !documents.iter().any(|document| document.file_id == file) {
        return Err(Error::NotFound);
    }
    files::serve(&mut tx, file).await
}

pub async fn detach(visit: Visit, Path((id, file)): Path<(ProjectId, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = store::find(&mut tx, id).await?;
    project.require_open()?;
    let documents = store::plan(&mut tx, id).await?.documents;
    let document = documents.into_iter().find(|document| document.file_id == file).ok_or(Error::NotFound)?;
    if !project.is_drafted() && document.kind != DocumentKind::Other {
        return Err(Error::refused("签约以后材料只能补充，不能删除。传错的请再传一份正确的，并在说明里写明。"));
    }
    store::detach(&mut tx, &project, file).await?;
    files::remove(&mut tx, file).await?;
    let before = json!({ "kind": document.kind.label(), "name": document.name });
    tx.record(Entry::new("删除项目材料", "project", id, &project.name).before(before)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/papers", project.path()), "deleted"))
}
