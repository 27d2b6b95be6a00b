//! The page of a project's deliverables, with the form for a month's figures.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    model::{Progress, progress},
    store::{self, Done},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::purchasing::projects::{self, Deliverable, PARTS, Project, State},
    kernel::{Error, Month, Problems, ProjectId, Result, line, number},
    web::{Cell, Chrome, Form, Html, Invalid, Path, Query, Sheet, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    month: String,
}

/// A month's form as typed: number, done, counted and note, one row each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MonthForm {
    month: String,
    seq: Vec<i16>,
    done: Vec<String>,
    counted: Vec<String>,
    words: Vec<String>,
}

impl MonthForm {
    /// The form filled with the month's saved figures.
    fn of(month: Month, deliverables: &[Deliverable], months: &[Done]) -> Self {
        let mut form = Self { month: month.to_string(), ..Self::default() };
        for deliverable in deliverables {
            let stands = months.iter().find(|row| row.seq == deliverable.seq && row.month == month.first());
            form.seq.push(deliverable.seq);
            form.done.push(stands.map(|row| row.done.to_string()).unwrap_or_default());
            form.counted.push(stands.map(|row| row.counted.to_string()).unwrap_or_default());
            form.words.push(stands.map(|row| row.words.clone()).unwrap_or_default());
        }
        form
    }

    /// Done, counted and note as typed for a deliverable.
    fn typed(&self, seq: i16) -> [&str; 3] {
        let at = self.seq.iter().position(|typed| *typed == seq);
        let text = |texts: &'_ [String]| at.filter(|at| *at < texts.len());
        [&self.done, &self.counted, &self.words].map(|texts| text(texts).map_or("", |at| texts[at].trim()))
    }

    /// Validates the form: the rows to save, and the numbers of the rows to clear.
    fn read(&self, deliverables: &[Deliverable]) -> Result<Noted, Problems> {
        /// A larger figure for one month is taken for a slip of the hand.
        const MOST: i32 = 1_000_000;
        let mut problems = Problems::default();
        let (mut rows, mut cleared) = (vec![], vec![]);
        for deliverable in deliverables {
            let [done, counted, words] = self.typed(deliverable.seq);
            if done.is_empty() && counted.is_empty() && words.is_empty() {
                cleared.push(deliverable.seq);
                continue;
            }
            let name = &deliverable.name;
            let mut bad = |why: String| problems.note("month_values", format!("「{name}」{why}"));
            if done.is_empty() {
                bad("还没有填发生数，没有发生的填 0。".to_owned());
                continue;
            }
            let done = number(done).map_err(|why| bad(format!("发生数：{why}"))).ok();
            let counted = match counted {
                "" => done,
                typed => number(typed).map_err(|why| bad(format!("符合规则的：{why}"))).ok(),
            };
            let words = line(words, 0, 200).map_err(|why| bad(format!("说明：{why}"))).ok();
            let (Some(done), Some(counted), Some(words)) = (done, counted, words) else { continue };
            if done > MOST {
                bad(format!("一个月 {done} 太大，请核对。"));
                continue;
            }
            if counted > done {
                bad(format!("符合规则的 {counted} 不能多于发生的 {done}。"));
                continue;
            }
            rows.push((deliverable.seq, i64::from(done), i64::from(counted), words));
        }
        problems.or(Noted { rows, cleared })
    }
}

/// A month's form after validation.
struct Noted {
    /// Number, done, counted, note.
    rows: Vec<(i16, i64, i64, String)>,
    cleared: Vec<i16>,
}

#[derive(Template)]
#[template(path = "purchasing/deliverables/show.html")]
struct Show {
    chrome: Chrome,
    project: Project,
    rows: Vec<(Deliverable, Progress)>,
    /// The months of the term so far, newest first, with done and counted for each row.
    months: Vec<(Month, Vec<Option<Done>>)>,
    month: Option<Month>,
    form: MonthForm,
    problems: Problems,
}

impl Show {
    fn may_enter(&self) -> bool {
        use State::{Accepted, Active, Final, Midterm};
        self.chrome.may(Act::RunProjects) && matches!(self.project.state(), Active | Midterm | Final | Accepted)
    }

    fn typed(&self, seq: &i16) -> [&str; 3] {
        self.form.typed(*seq)
    }

    async fn page(
        visit: &Visit,
        tx: &mut Tx,
        project: Project,
        wanted: &str,
        typed: Option<(MonthForm, Problems)>,
    ) -> Result<Self> {
        let deliverables = projects::plan(tx, project.id).await?.deliverables;
        let done = store::months(tx, project.id).await?;
        let today = tx.today();
        let term = months_of(&project, today.month());
        let month = wanted.parse().ok().filter(|month| term.contains(month)).or(term.first().copied());
        let rows = rows(&project, &deliverables, &done, today);
        let cells = |month: Month| {
            let of = |row: &Deliverable| done.iter().find(|d| d.seq == row.seq && d.month == month.first()).cloned();
            (month, deliverables.iter().map(of).collect())
        };
        let months = term.iter().map(|month| cells(*month)).collect();
        let (form, problems) = typed.unwrap_or_else(|| {
            let form = month.map(|month| MonthForm::of(month, &deliverables, &done)).unwrap_or_default();
            (form, Problems::default())
        });
        Ok(Self { chrome: visit.chrome(), project, rows, months, month, form, problems })
    }
}

/// Each deliverable with its progress today.
fn rows(
    project: &Project,
    deliverables: &[Deliverable],
    done: &[Done],
    today: crate::kernel::Day,
) -> Vec<(Deliverable, Progress)> {
    let term = (project.terms.starts_on, project.terms.ends_on);
    deliverables
        .iter()
        .map(|row| (row.clone(), progress(row, store::sums(done, row.seq), term, project.state(), today)))
        .collect()
}

/// The months of a project's term up to this one, newest first.
fn months_of(project: &Project, this: Month) -> Vec<Month> {
    let (Some(starts_on), Some(ends_on)) = (project.terms.starts_on, project.terms.ends_on) else { return vec![] };
    let last = ends_on.month().min(this);
    (0..120).map(|back| last.plus(-back)).take_while(|month| *month >= starts_on.month()).collect()
}

pub async fn show(visit: Visit, Path(id): Path<ProjectId>, Query(filter): Query<Filter>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::find(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, &mut tx, project, &filter.month, None).await?).into_response())
}

pub async fn enter(visit: Visit, Path(id): Path<ProjectId>, Form(form): Form<MonthForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let project = projects::take(&mut tx, id).await?;
    if !matches!(project.state(), State::Active | State::Midterm | State::Final | State::Accepted) {
        return Err(Error::refused(format!(
            "项目现在是「{}」，不能登记完成情况。开始执行以后、结项以前才能登记。",
            project.state().label()
        )));
    }
    let today = tx.today();
    let month: Month = form.month.parse().map_err(|_| Error::NotFound)?;
    if !months_of(&project, today.month()).contains(&month) {
        return Err(Error::refused("这个月不在服务期限里，请从列出的月份里选择。"));
    }
    let deliverables = projects::plan(&mut tx, id).await?.deliverables;
    match form.read(&deliverables) {
        Ok(Noted { rows, cleared }) => {
            store::note(&mut tx, &project, month, &rows).await?;
            let cleared = store::clear(&mut tx, &project, month, &cleared).await?;
            let entry = Entry::new("登记项目完成情况", "project", id, &project.name);
            tx.record(entry.after(json!({ "month": month.to_string(), "rows": rows, "cleared": cleared }))).await?;
            tx.commit().await?;
            Ok(see_other_done(&format!("{}/deliverables?month={month}", project.path()), "saved"))
        }
        Err(problems) => {
            let wanted = form.month.clone();
            let page = Show::page(&visit, &mut tx, project, &wanted, Some((form, problems))).await?;
            Ok(Invalid(page).into_response())
        }
    }
}

pub async fn export(visit: Visit, Path(id): Path<ProjectId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let project = projects::find(&mut tx, id).await?;
    let deliverables = projects::plan(&mut tx, id).await?.deliverables;
    let done = store::months(&mut tx, id).await?;
    let today = tx.today();
    let term: Vec<Month> = months_of(&project, today.month()).into_iter().rev().collect();
    let fixed = ["指标", "单位", "计数规则", "计划", "发生", "符合规则", "完成率", "时间进度", "预计期满", "状态"];
    let mut heads: Vec<(String, u16)> = fixed.iter().map(|head| ((*head).to_owned(), 14)).collect();
    heads.extend(term.iter().map(|month| (month.label(), 12)));
    let mut sheet = Sheet::with_heads("服务指标", &heads)?;
    for (row, progress) in rows(&project, &deliverables, &done, today) {
        let texts = [row.name.clone(), row.unit.clone(), row.counts_from()];
        let (share, time) = (progress.share(), progress.time());
        let mut cells: Vec<Cell<'_>> = texts.iter().map(|text| Cell::Text(text)).collect();
        cells.extend([progress.planned, progress.done, progress.counted].map(Cell::Number));
        cells.extend([Cell::Text(&share), Cell::Text(&time)]);
        cells.push(progress.forecast.map_or(Cell::Empty, Cell::Number));
        cells.push(Cell::Text(progress.tag().1));
        for month in &term {
            let counted = done.iter().find(|d| d.seq == row.seq && d.month == month.first());
            cells.push(counted.map_or(Cell::Empty, |done| Cell::Number(done.counted)));
        }
        sheet.row(cells)?;
    }
    tx.record(Entry::new("导出项目服务指标", "project", id, &project.name)).await?;
    tx.commit().await?;
    sheet.finish(&format!("服务指标_{}.xlsx", project.number)).await
}
