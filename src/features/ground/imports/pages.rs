//! Pages that every import shares: the upload, the check of its rows and the refused rows.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::store;
use crate::{
    db::{Entry, Silence, Tx},
    kernel::{Error, ImportId, Problems, Result},
    web::{Cell, Chrome, Column, Html, Invalid, Row, Sheet, Upload, Visit, checked, filters, open_workbook, see_other},
};

/// Rows that the check shows; the rest are only counted.
const SHOWN: usize = 200;

/// A register that can be imported from a table.
#[derive(Debug)]
pub struct Register {
    /// The kind that the table is stored under: `stations`.
    pub kind: &'static str,
    /// Path of its import pages, and path of the list that shows the result: `/stations`, twice.
    pub path: &'static str,
    pub list: &'static str,
    /// 站点名册
    pub title: &'static str,
    /// 站点, and its measure word: 个.
    pub thing: &'static str,
    pub unit: &'static str,
    /// How to fill in the table.
    pub how: &'static str,
    /// Headings of the columns, each with the form field it fills.
    pub columns: &'static [(&'static str, &'static str)],
}

impl Register {
    pub fn heads(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(head, _)| *head).collect()
    }
}

/// The result of judging a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Verdict {
    Refused,
    New,
    Changed,
    Unchanged,
}

impl Verdict {
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::Refused => ("不能导入", "bad"),
            Self::New => ("新建", "ok"),
            Self::Changed => ("修改", "info"),
            Self::Unchanged => ("没有变化", "plain"),
        }
    }
}

/// A row of the table, with its verdict.
#[derive(Debug, Deserialize, Serialize)]
pub struct Judged {
    pub row: usize,
    pub cells: Vec<String>,
    pub verdict: Verdict,
    /// Field and reason of each problem.
    pub problems: Vec<(String, String)>,
    /// What a changed row would change, in words.
    pub changes: Vec<String>,
}

impl Judged {
    /// Each cell with its problem, if any.
    fn explained<'a>(&'a self, register: &Register) -> Vec<(&'a str, Option<&'a str>)> {
        let why = |field: &str| self.problems.iter().find(|(at, _)| at == field).map(|(_, why)| why.as_str());
        register.columns.iter().zip(&self.cells).map(|((_, field), cell)| (cell.as_str(), why(field))).collect()
    }
}

#[derive(Template)]
#[template(path = "ground/imports/new.html")]
struct New {
    chrome: Chrome,
    register: &'static Register,
    problems: Problems,
}

/// The upload page.
pub fn new(visit: &Visit, register: &'static Register) -> Response {
    Html(New { chrome: visit.chrome(), register, problems: Problems::default() }).into_response()
}

/// The rows of an uploaded table, each with its row number in the file.
async fn uploaded(register: &Register, upload: Upload) -> Result<Vec<Row>> {
    let rows = open_workbook(upload, register.heads()).await?;
    if rows.is_empty() {
        return Err(Error::at("file", "表格里没有内容，请从第二行起每行填一条。"));
    }
    Ok(rows)
}

/// Reads an uploaded table, has its rows judged, and stores them for the check.
pub async fn read(
    visit: &Visit,
    register: &'static Register,
    upload: Upload,
    judge: impl AsyncFnOnce(&mut Tx, Vec<Row>) -> Result<Vec<Judged>>,
) -> Result<Response> {
    let file_name = upload.file_name.clone();
    let rows = match checked(uploaded(register, upload).await)? {
        Ok(rows) => rows,
        Err(problems) => {
            return Ok(Invalid(New { chrome: visit.chrome(), register, problems }).into_response());
        }
    };
    let mut tx = visit.begin().await?;
    let judged = judge(&mut tx, rows).await?;
    let id = store::keep(&mut tx, register.kind, &file_name, &judged).await?;
    tx.commit_silently(Silence::ImportRead).await?;
    Ok(see_other(&format!("{}/import/{id}", register.path)))
}

#[derive(Template)]
#[template(path = "ground/imports/check.html")]
struct Check {
    chrome: Chrome,
    register: &'static Register,
    id: ImportId,
    file_name: String,
    counts: [(Verdict, usize); 4],
    rows: Vec<Judged>,
    hidden: usize,
}

impl Check {
    fn count(&self, verdict: Verdict) -> usize {
        self.counts.iter().find(|(of, _)| *of == verdict).map_or(0, |(_, count)| *count)
    }
}

/// The dry run of a stored table.
pub async fn check(visit: &Visit, register: &'static Register, id: ImportId) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (file_name, mut rows) = store::find::<Vec<Judged>>(&mut tx, register.kind, id).await?;
    let counts = [Verdict::New, Verdict::Changed, Verdict::Unchanged, Verdict::Refused]
        .map(|verdict| (verdict, rows.iter().filter(|row| row.verdict == verdict).count()));
    rows.sort_by_key(|row| (row.verdict, row.row));
    let hidden = rows.len().saturating_sub(SHOWN);
    rows.truncate(SHOWN);
    Ok(Html(Check { chrome: visit.chrome(), register, id, file_name, counts, rows, hidden }).into_response())
}

/// The refused rows as a workbook: bad cells marked, reasons in the last column.
pub async fn refused(
    visit: &Visit,
    register: &'static Register,
    mut columns: Vec<Column>,
    id: ImportId,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (_, rows) = store::find::<Vec<Judged>>(&mut tx, register.kind, id).await?;
    columns.push(Column::new("要修改的地方", 60));
    let mut sheet = Sheet::new(register.thing, &columns, true)?;
    for row in rows.iter().filter(|row| row.verdict == Verdict::Refused) {
        let whys: Vec<&str> = row.problems.iter().map(|(_, why)| why.as_str()).collect();
        let whys = whys.join(" ");
        let cells = row
            .explained(register)
            .into_iter()
            .map(|(cell, why)| if why.is_some() { Cell::Bad(cell) } else { Cell::Text(cell) });
        sheet.row(cells.chain([Cell::Text(&whys)]))?;
    }
    record_refused(&mut tx, register, id).await?;
    tx.commit().await?;
    sheet.finish(&format!("不能导入的{}.xlsx", register.thing)).await
}

async fn record_refused(tx: &mut Tx, register: &Register, id: ImportId) -> Result<()> {
    tx.record(Entry::new("导出导入核对结果", "import", id, format!("{}导入", register.thing))).await
}

/// The rows to carry out, without the refused ones. They are removed from the store, so that nobody
/// carries them out again.
pub async fn confirmed(tx: &mut Tx, register: &Register, id: ImportId) -> Result<Confirmed> {
    if let Some(before) = tx.once(id.0, register.list).await? {
        return Ok(Confirmed::Before(before));
    }
    let (_, rows) = store::find::<Vec<Judged>>(tx, register.kind, id).await?;
    store::take(tx, id).await?;
    let good = rows.into_iter().filter(|row| row.verdict != Verdict::Refused).map(|row| (row.row, row.cells));
    Ok(Confirmed::Now(good.collect()))
}

/// The rows to carry out or, if that has already happened, the path of the result.
#[derive(Debug)]
pub enum Confirmed {
    Now(Vec<(usize, Vec<String>)>),
    Before(String),
}

/// Fails if a row, judged again just before it is carried out, now has a problem.
pub fn still_good(judged: &Judged) -> Result<()> {
    match judged.problems.first() {
        None => Ok(()),
        Some((_, why)) => {
            Err(Error::refused(format!("核对之后情况有变，没有导入。第 {} 行：{why}请重新上传。", judged.row)))
        }
    }
}

/// The effects of one act for the audit trail: id, label and new state of each object.
pub type Records = [(String, String, serde_json::Value)];

/// Records what was created and what was changed; refuses if that is nothing.
pub async fn record(
    tx: &mut Tx,
    register: &Register,
    made: (&'static str, &Records),
    changed: (&'static str, &Records),
    kind: &'static str,
) -> Result<()> {
    if made.1.is_empty() && changed.1.is_empty() {
        let why = format!("这份表格里没有可以导入的{}，请改好后重新上传。", register.thing);
        return Err(Error::refused(why));
    }
    for (act, records) in [made, changed] {
        if !records.is_empty() {
            tx.record_all(act, kind, records).await?;
        }
    }
    Ok(())
}
