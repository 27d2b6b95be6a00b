//! Adding, editing, moving and deleting one line of a draft rubric.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{
    super::{
        model::{Kind, Line, LineForm, Method, Rubric, Source},
        store,
    },
    draft,
};
use crate::{
    db::{Entry, Tx},
    kernel::{Error, Problems, Result, RubricId},
    web::{Chrome, Form, Html, Invalid, Path, Query, Visit, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "evaluation/rubrics/line.html")]
struct Edit {
    chrome: Chrome,
    rubric: Rubric,
    /// The current code; `None` for a new line.
    code: Option<String>,
    form: LineForm,
    problems: Problems,
}

impl Edit {
    fn title(&self) -> String {
        match &self.code {
            Some(code) => format!("修改指标 {code}"),
            None => "新增指标".to_owned(),
        }
    }

    /// Lines that may become the parent of this one.
    fn parents(&self) -> Vec<(String, String)> {
        let may = |line: &&Line| {
            line.method.is_none()
                && line.kind.has_points()
                && self.rubric.depth(line) < 3
                && Some(&line.code) != self.code.as_ref()
        };
        let lines = self.rubric.lines.iter().filter(may);
        [(String::new(), "没有（一级指标）".to_owned())]
            .into_iter()
            .chain(lines.map(|line| (line.code.clone(), format!("{} {}", line.code, line.text))))
            .collect()
    }

    fn methods(&self) -> Vec<(&'static str, &'static str)> {
        [("", "没有（有下级指标，或者不计分）")].into_iter().chain(Method::choices()).collect()
    }

    fn sources(&self) -> Vec<(&'static str, &'static str)> {
        [("", "没有，由人填写")].into_iter().chain(Source::choices()).collect()
    }

    fn has_children(&self) -> bool {
        self.code.as_deref().is_some_and(|code| self.rubric.has_children(code))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Under {
    parent: String,
}

pub async fn new(visit: Visit, Path(id): Path<RubricId>, Query(under): Query<Under>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let parent = rubric.line(&under.parent);
    let prefix = parent.map(|line| format!("{}.", line.code)).unwrap_or_default();
    let next = rubric.children(parent.map(|line| line.code.as_str())).count() + 1;
    let form = LineForm {
        code: if prefix.is_empty() { String::new() } else { format!("{prefix}{next}") },
        parent: parent.map(|line| line.code.clone()).unwrap_or_default(),
        kind: parent.map_or(Kind::Scored, |line| line.kind).as_str().to_owned(),
        version: rubric.version,
        ..LineForm::default()
    };
    let page = Edit { chrome: visit.chrome(), rubric, code: None, form, problems: Problems::default() };
    Ok(Html(page).into_response())
}

/// Validates a line within this rubric; `code` is its current code, `None` for a new line.
fn read(rubric: &Rubric, code: Option<&str>, form: &LineForm) -> Result<Line, Problems> {
    let mut problems = Problems::default();
    let line = form.read().map_err(|found| problems.absorb(found)).ok();
    let typed = form.code.trim();
    if Some(typed) != code && rubric.line(typed).is_some() {
        problems.note("code", "这个编号已经用了，请换一个。");
    }
    match rubric.line(form.parent.trim()) {
        None if !form.parent.trim().is_empty() => problems.note("parent", "没有这个上级指标，请刷新后再选。"),
        Some(parent) if rubric.depth(parent) > 2 => problems.note("parent", "最多三级指标。"),
        Some(parent) if Some(parent.kind) != Kind::parse(&form.kind) => {
            problems.note("kind", format!("上级指标是「{}」，这一项也要是。", parent.kind.label()));
        }
        Some(parent) if code.is_some_and(|code| is_under(rubric, parent, code)) => {
            problems.note("parent", "不能放到自己的下级下面。");
        }
        _ => {}
    }
    match line {
        Some(line) if problems.is_empty() => Ok(line),
        _ => Err(problems),
    }
}

/// True if a line is the given one or one of its descendants.
fn is_under(rubric: &Rubric, line: &Line, code: &str) -> bool {
    let (mut at, mut steps) = (Some(line), 0);
    while let Some(line) = at {
        if line.code == code {
            return true;
        }
        steps += 1;
        at = line.parent.as_deref().filter(|_| steps < 4).and_then(|parent| rubric.line(parent));
    }
    false
}

async fn keep(tx: &mut Tx, rubric: &Rubric, version: i32, lines: Vec<Line>) -> Result<()> {
    store::replace_lines(tx, rubric.id, version, &Rubric::ordered(lines)).await
}

pub async fn create(visit: Visit, Path(id): Path<RubricId>, Form(form): Form<LineForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    match read(&rubric, None, &form) {
        Ok(line) => {
            let there = format!("{}?done=saved#l-{}", rubric.path(), line.code);
            let entry = Entry::new("新增评分指标", "rubric", id, rubric.title()).after(&line);
            let lines = rubric.lines.iter().cloned().chain([line]).collect();
            keep(&mut tx, &rubric, form.version, lines).await?;
            tx.record(entry).await?;
            tx.commit().await?;
            Ok(crate::web::see_other(&there))
        }
        Err(problems) => {
            Ok(Invalid(Edit { chrome: visit.chrome(), rubric, code: None, form, problems }).into_response())
        }
    }
}

pub async fn edit(visit: Visit, Path((id, code)): Path<(RubricId, String)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let form = LineForm::of(rubric.line(&code).ok_or(Error::NotFound)?, rubric.version);
    let page = Edit { chrome: visit.chrome(), rubric, code: Some(code), form, problems: Problems::default() };
    Ok(Html(page).into_response())
}

pub async fn update(
    visit: Visit,
    Path((id, code)): Path<(RubricId, String)>,
    Form(form): Form<LineForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let before = rubric.line(&code).ok_or(Error::NotFound)?.clone();
    match read(&rubric, Some(&code), &form) {
        Ok(line) => {
            let mut lines = rubric.lines.clone();
            for other in &mut lines {
                // Children follow when the code changes.
                if other.parent.as_deref() == Some(code.as_str()) {
                    other.parent = Some(line.code.clone());
                }
                if other.code == code {
                    other.clone_from(&line);
                }
            }
            keep(&mut tx, &rubric, form.version, lines).await?;
            let there = format!("{}?done=saved#l-{}", rubric.path(), line.code);
            tx.record(Entry::new("修改评分指标", "rubric", id, rubric.title()).before(&before).after(&line)).await?;
            tx.commit().await?;
            Ok(crate::web::see_other(&there))
        }
        Err(problems) => {
            let page = Edit { chrome: visit.chrome(), rubric, code: Some(code), form, problems };
            Ok(Invalid(page).into_response())
        }
    }
}

pub async fn remove(
    visit: Visit,
    Path((id, code)): Path<(RubricId, String)>,
    Form(form): Form<super::write::ActForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    rubric.line(&code).ok_or(Error::NotFound)?;
    let (gone, left): (Vec<Line>, Vec<Line>) =
        rubric.lines.iter().cloned().partition(|line| is_under(&rubric, line, &code));
    keep(&mut tx, &rubric, form.version, left).await?;
    tx.record(Entry::new("删除评分指标", "rubric", id, rubric.title()).before(&gone)).await?;
    tx.commit().await?;
    Ok(see_other_done(&rubric.path(), "deleted"))
}

/// Moves a line with all its descendants above the previous sibling.
pub async fn up(
    visit: Visit,
    Path((id, code)): Path<(RubricId, String)>,
    Form(form): Form<super::write::ActForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let line = rubric.line(&code).ok_or(Error::NotFound)?;
    let siblings: Vec<&Line> = rubric.children(line.parent.as_deref()).collect();
    let at = siblings.iter().position(|sibling| sibling.code == code).unwrap_or(0);
    let there = format!("{}#l-{code}", rubric.path());
    let Some(above) = at.checked_sub(1).map(|at| siblings[at].code.clone()) else {
        return Ok(crate::web::see_other(&there));
    };
    let mut lines = rubric.lines.clone();
    let place = |lines: &[Line], code: &str| lines.iter().position(|line| line.code == code).unwrap_or(0);
    let moved = lines.remove(place(&lines, &code));
    let before = place(&lines, &above);
    lines.insert(before, moved);
    keep(&mut tx, &rubric, form.version, lines).await?;
    tx.record(Entry::new("调整评分指标顺序", "rubric", id, rubric.title()).after(&code)).await?;
    tx.commit().await?;
    Ok(crate::web::see_other(&there))
}
