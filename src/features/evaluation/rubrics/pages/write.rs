//! The life of a rubric: create, rename, publish, retire, copy and delete.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        model::{Grade, Rubric, State},
        store::{self, Head},
        table::{TEMPLATES, Template as Shipped},
    },
    draft, own,
};
use crate::{
    db::Entry,
    features::places::divisions,
    kernel::{Error, Problems, Result, RubricId, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, form_key, key_of, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeadForm {
    pub key: String,
    pub version: i32,
    pub template: String,
    pub division: String,
    pub name: String,
    pub grades: String,
    pub bonus_over: String,
    pub note: String,
}

impl HeadForm {
    fn of(rubric: &Rubric) -> Self {
        Self {
            version: rubric.version,
            name: rubric.name.clone(),
            grades: Grade::text_of(&rubric.grades),
            bonus_over: if rubric.bonus_over { "yes" } else { "no" }.to_owned(),
            note: rubric.note.clone(),
            ..Self::default()
        }
    }

    fn read(&self) -> Result<Head, Problems> {
        let mut problems = Problems::default();
        let name = problems.check("name", line(&self.name, 2, 60));
        let grades = problems.check("grades", Grade::read_all(&self.grades));
        let bonus_over = match self.bonus_over.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => {
                problems.note("bonus_over", "请选择加分能不能超过满分。");
                None
            }
        };
        let note = problems.check("note", line(&self.note, 0, 500));
        match (name, grades, bonus_over, note) {
            (Some(name), Some(grades), Some(bonus_over), Some(note)) => Ok(Head { name, bonus_over, grades, note }),
            _ => Err(problems),
        }
    }
}

#[derive(Template)]
#[template(path = "evaluation/rubrics/head.html")]
struct Edit {
    chrome: Chrome,
    /// `None` for a new rubric.
    rubric: Option<Rubric>,
    form: HeadForm,
    problems: Problems,
}

impl Edit {
    fn title(&self) -> String {
        match &self.rubric {
            Some(rubric) => format!("修改 {}", rubric.title()),
            None => "新建评分细则".to_owned(),
        }
    }

    fn templates(&self) -> &'static [Shipped] {
        &TEMPLATES
    }

    fn yes_or_no(&self) -> [(&'static str, &'static str); 3] {
        [("", "请选择"), ("yes", "可以超过满分"), ("no", "最多到满分")]
    }
}

pub async fn new(visit: Visit) -> Result<Response> {
    let template = &TEMPLATES[0];
    let form = HeadForm {
        key: form_key(),
        template: template.key.to_owned(),
        division: visit.visitor.scope.reach.division.to_string(),
        name: format!("{}年度社工站评估评分细则", visit.begin().await?.today().year()),
        grades: template.grades.to_owned(),
        bonus_over: "yes".to_owned(),
        ..HeadForm::default()
    };
    Ok(Html(Edit { chrome: visit.chrome(), rubric: None, form, problems: Problems::default() }).into_response())
}

pub async fn create(visit: Visit, Form(mut form): Form<HeadForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut problems = Problems::default();
    let template = TEMPLATES.iter().find(|template| template.key == form.template);
    // If the form still has the grades of another template, use those of the chosen one.
    if let Some(template) = template
        && TEMPLATES.iter().any(|other| other.key != template.key && other.grades == form.grades.trim())
    {
        template.grades.clone_into(&mut form.grades);
    }
    let head = form.read().map_err(|found| problems.absorb(found)).ok();
    let reach = visit.visitor.scope.reach.division.clone();
    let place = problems.check("division", divisions::called(&mut tx, &reach, &form.division).await?);
    if template.is_none() && form.template != "blank" {
        problems.note("template", "请选择从哪里开始。");
    }
    let (Some(head), Some(place), true) = (head, place, problems.is_empty()) else {
        return Ok(Invalid(Edit { chrome: visit.chrome(), rubric: None, form, problems }).into_response());
    };
    let id = RubricId::new();
    let there = format!("/rubrics/{id}");
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    let lines = template.map(|template| template.read().0).unwrap_or_default();
    store::insert(&mut tx, id, None, (&place.code, &head), &lines).await?;
    let after = json!({ "head": head, "lines": lines.len(), "division": place.code });
    tx.record(Entry::new("新建评分细则", "rubric", id, &head.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "created"))
}

pub async fn edit(visit: Visit, Path(id): Path<RubricId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let form = HeadForm::of(&rubric);
    let page = Edit { chrome: visit.chrome(), rubric: Some(rubric), form, problems: Problems::default() };
    Ok(Html(page).into_response())
}

pub async fn update(visit: Visit, Path(id): Path<RubricId>, Form(form): Form<HeadForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    match form.read() {
        Ok(head) => {
            store::update(&mut tx, id, form.version, &head).await?;
            let before = json!({ "name": rubric.name, "grades": rubric.grades, "note": rubric.note });
            tx.record(Entry::new("修改评分细则", "rubric", id, rubric.title()).before(before).after(&head)).await?;
            tx.commit().await?;
            Ok(see_other_done(&rubric.path(), "saved"))
        }
        Err(problems) => {
            Ok(Invalid(Edit { chrome: visit.chrome(), rubric: Some(rubric), form, problems }).into_response())
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActForm {
    pub key: String,
    pub version: i32,
}

pub async fn publish(visit: Visit, Path(id): Path<RubricId>, Form(form): Form<ActForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let problems = rubric.problems();
    if let Some((code, why)) = problems.first() {
        return Err(Error::refused(format!(
            "还有 {} 处没有改好，不能发布。第一处：{}{why}",
            problems.len(),
            if code.is_empty() { String::new() } else { format!("「{code}」") },
        )));
    }
    store::touch(&mut tx, id, form.version, State::Draft, State::Published).await?;
    let after = json!({ "number": rubric.number, "full": rubric.full().to_string(), "lines": rubric.lines });
    tx.record(Entry::new("发布评分细则", "rubric", id, rubric.title()).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&rubric.path(), "published"))
}

pub async fn retire(visit: Visit, Path(id): Path<RubricId>, Form(form): Form<ActForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = own(&mut tx, &visit, id).await?;
    store::touch(&mut tx, id, form.version, State::Published, State::Retired).await?;
    tx.record(Entry::new("停用评分细则", "rubric", id, rubric.title())).await?;
    tx.commit().await?;
    Ok(see_other_done(&rubric.path(), "state"))
}

/// Starts the next version of the visitor's own rubric, or a first own version of another
/// place's rubric.
pub async fn copy(visit: Visit, Path(id): Path<RubricId>, Form(form): Form<ActForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = store::find(&mut tx, id).await?;
    let new = RubricId::new();
    let there = format!("/rubrics/{new}");
    if let Some(before) = tx.once(key_of(&form.key)?, &there).await? {
        return Ok(see_other_done(&before, "again"));
    }
    let keeps = super::keeps(&visit, &rubric);
    let place = if keeps { rubric.division.clone() } else { visit.visitor.scope.reach.division.clone() };
    let head = Head {
        name: rubric.name.clone(),
        bonus_over: rubric.bonus_over,
        grades: rubric.grades.clone(),
        note: rubric.note.clone(),
    };
    let series = keeps.then_some(rubric.series);
    match store::insert(&mut tx, new, series, (&place, &head), &rubric.lines).await {
        Err(Error::Problems(why)) => return Err(Error::refused(why.to_string())),
        made => made?,
    }
    let after = json!({ "from": id, "name": rubric.title(), "lines": rubric.lines.len() });
    tx.record(Entry::new("复制评分细则", "rubric", new, &rubric.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&there, "created"))
}

pub async fn remove(visit: Visit, Path(id): Path<RubricId>, Form(form): Form<ActForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    store::remove(&mut tx, id, form.version).await?;
    let before = json!({ "name": rubric.title(), "lines": rubric.lines });
    tx.record(Entry::new("删除评分细则草稿", "rubric", id, rubric.title()).before(before)).await?;
    tx.commit().await?;
    Ok(see_other_done("/rubrics", "deleted"))
}
