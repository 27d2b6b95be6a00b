//! Pages of continuing education: entering, confirming or refusing an entry, and the required
//! hours.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    model::{Category, Entry as Lesson, EntryForm, Requirement, required},
    store,
};
use crate::{
    db::{Entry, Tx},
    features::{
        ground::files::{self, Judged},
        people::{
            certificates::Level,
            persons::{self, Person},
        },
    },
    kernel::{Day, EducationId, Error, PersonId, Problems, Result, line, tenths, tenths_text},
    web::{
        App, Chrome, Form, FormWithFile, Html, Invalid, Path, Visit, checked, filters, form_key, key_of, see_other_done,
    },
};

#[derive(Template)]
#[template(path = "people/education/new.html")]
struct New {
    chrome: Chrome,
    person: Person,
    form: EntryForm,
    problems: Problems,
}

pub async fn new(visit: Visit, Path(id): Path<PersonId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let person = persons::find(&mut tx, id).await?;
    let form = EntryForm { key: form_key(), category: Category::Training.as_str().to_owned(), ..EntryForm::default() };
    Ok(Html(New { chrome: visit.chrome(), person, form, problems: Problems::default() }).into_response())
}

/// An entry was saved: now, or before, under the same key.
#[derive(Debug)]
pub enum Kept {
    Now,
    Before(String),
}

/// Enters education of a person from a form: their own, which waits for confirmation, or one
/// by an account that may confirm it.
///
/// # Errors
/// Problems at the fields of the form and at `file`, all of them at once.
pub async fn enter(
    tx: &mut Tx,
    person: &Person,
    form: &EntryForm,
    file: Result<Option<Judged>, Problems>,
    there: &str,
    confirmed: bool,
) -> Result<Kept> {
    let read = form.read(tx.today()).and_then(|new| person.grown_on("held_on", new.held_on).map(|()| new));
    let (new, file) = match (read, file) {
        (Ok(new), Ok(file)) => (new, file),
        (new, file) => {
            let mut problems = new.err().unwrap_or_default();
            problems.absorb(file.err().unwrap_or_default());
            return Err(problems.into());
        }
    };
    if !confirmed && file.is_none() {
        return Err(Error::at("file", "请上传证明：结业证书、签到表或学时证明的照片。"));
    }
    if let Some(before) = tx.once(key_of(&form.key)?, there).await? {
        return Ok(Kept::Before(before));
    }
    let kept = match &file {
        Some(file) => Some(files::keep(tx, file).await?),
        None => None,
    };
    if store::has_same(tx, person.id, &new).await? {
        return Err(Error::at("title", "这一天已经登记过内容、主办单位和学时都一样的一条，没有重复登记。"));
    }
    store::insert(tx, EducationId::new(), person.id, &new, kept, confirmed).await?;
    let act = if confirmed { "登记继续教育" } else { "申报继续教育" };
    tx.record(Entry::new(act, "person", person.id, &person.name).after(&new)).await?;
    Ok(Kept::Now)
}

pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<PersonId>,
    FormWithFile(form, upload): FormWithFile<EntryForm>,
) -> Result<Response> {
    let file = checked(files::read(&app, upload).await)?;
    let mut tx = visit.begin().await?;
    let person = persons::find(&mut tx, id).await?;
    let there = format!("/persons/{id}");
    match checked(enter(&mut tx, &person, &form, file, &there, true).await)? {
        Ok(Kept::Now) => {
            tx.commit().await?;
            Ok(see_other_done(&there, "saved"))
        }
        Ok(Kept::Before(before)) => Ok(see_other_done(&before, "again")),
        Err(problems) => Ok(Invalid(New { chrome: visit.chrome(), person, form, problems }).into_response()),
    }
}

/// An entry whose person is within reach.
async fn reached(tx: &mut Tx, id: EducationId) -> Result<(Person, Lesson)> {
    let (person, entry) = store::find(tx, id).await?;
    Ok((persons::find(tx, person).await?, entry))
}

pub async fn file(visit: Visit, Path(id): Path<EducationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (_, entry) = reached(&mut tx, id).await?;
    files::serve(&mut tx, entry.file.ok_or(Error::NotFound)?).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Judgement {
    refuse: String,
    reason: String,
}

pub async fn judge(visit: Visit, Path(id): Path<EducationId>, Form(form): Form<Judgement>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (person, entry) = reached(&mut tx, id).await?;
    if visit.visitor.person == Some(person.id) {
        return Err(Error::refused("自己申报的学时要由别人确认，请找上级工作人员办理。"));
    }
    let why = match form.refuse.as_str() {
        "" => String::new(),
        _ => line(&form.reason, 2, 100)
            .map_err(|_| Error::refused("退回要写明原因（2 到 100 个字），请返回上一页填写。"))?,
    };
    store::judge(&mut tx, id, &why).await?;
    let act = if why.is_empty() { "确认继续教育" } else { "退回继续教育" };
    let after = json!({ "title": entry.title, "hours": entry.hours(), "reason": why });
    tx.record(Entry::new(act, "person", person.id, &person.name).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/persons/{}", person.id), "saved"))
}

pub async fn remove(visit: Visit, Path(id): Path<EducationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (person, entry) = reached(&mut tx, id).await?;
    store::remove(&mut tx, id).await?;
    if let Some(file) = entry.file {
        files::remove(&mut tx, file).await?;
    }
    let record = Entry::new("删除继续教育记录", "person", person.id, &person.name);
    tx.record(record.before(json!({ "title": entry.title, "hours": entry.hours(), "held_on": entry.held_on }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/persons/{}", person.id), "deleted"))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    level: String,
    since: String,
    hours: String,
    /// Ticked: also applies to periods that have begun.
    past: String,
}

#[derive(Template)]
#[template(path = "people/education/rules.html")]
struct Rules {
    chrome: Chrome,
    rules: Vec<Requirement>,
    /// Level, and hours for a period that begins today.
    now: Vec<(Level, String)>,
    form: RuleForm,
    problems: Problems,
}

impl Rules {
    async fn page(visit: &Visit, tx: &mut Tx, form: RuleForm, problems: Problems) -> Result<Self> {
        let rules = store::requirements(tx).await?;
        let today = tx.today();
        let now = Level::ALL.iter().map(|level| (*level, tenths_text(required(*level, today, &rules)))).collect();
        Ok(Self { chrome: visit.chrome(), rules, now, form, problems })
    }
}

pub async fn rules(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    Ok(Html(Rules::page(&visit, &mut tx, RuleForm::default(), Problems::default()).await?).into_response())
}

pub async fn set_rule(visit: Visit, Form(form): Form<RuleForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let mut problems = Problems::default();
    let level = problems.check("level", Level::parse(&form.level).ok_or("请选择证书级别。"));
    let since = problems.check("since", form.since.parse::<Day>());
    let hours = problems.check("hours", tenths(&form.hours));
    if hours.is_some_and(|hours| !(1..=9999).contains(&hours)) {
        problems.note("hours", "学时请填 0.1 到 999.9 之间的数。");
    }
    if since.is_some_and(|since| since < tx.today()) && form.past.is_empty() {
        let why = "这一天已经过去，会改变已经开始的有效期的要求。确实要这样，请勾选下面的确认。";
        problems.note("since", why);
    }
    let (Some(level), Some(since), Some(tenths), true) = (level, since, hours, problems.is_empty()) else {
        return Ok(Invalid(Rules::page(&visit, &mut tx, form, problems).await?).into_response());
    };
    let rule = Requirement { level, since, tenths };
    store::set_requirement(&mut tx, &rule).await?;
    let after = json!({ "level": level.label(), "since": since, "hours": tenths_text(tenths) });
    tx.record(Entry::new("设定继续教育学时", "education", "", level.label()).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/education/rules", "saved"))
}
