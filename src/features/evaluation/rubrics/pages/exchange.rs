//! Export of a rubric's lines to a workbook, and import from one.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{
    super::{model::Rubric, store, table},
    draft,
};
use crate::{
    db::Entry,
    kernel::{Error, Problems, Result, RubricId},
    web::{Chrome, FormWithFile, Html, Invalid, Path, Sheet, Visit, checked, filters, open_workbook, see_other_done},
};

pub async fn export(visit: Visit, Path(id): Path<RubricId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let rubric = store::find(&mut tx, id).await?;
    let mut sheet = Sheet::new("评分细则", &table::columns(), true)?;
    for line in &rubric.lines {
        sheet.row(table::cells(&table::texts(line)))?;
    }
    tx.record(Entry::new("导出评分细则", "rubric", id, rubric.title())).await?;
    tx.commit().await?;
    sheet.finish(&format!("{}.xlsx", rubric.title())).await
}

#[derive(Template)]
#[template(path = "evaluation/rubrics/import.html")]
struct Import {
    chrome: Chrome,
    rubric: Rubric,
    problems: Problems,
    /// Row number and error.
    rows: Vec<(usize, String)>,
}

pub async fn ask(visit: Visit, Path(id): Path<RubricId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let page = Import { chrome: visit.chrome(), rubric, problems: Problems::default(), rows: vec![] };
    Ok(Html(page).into_response())
}

/// Replaces a draft's lines with those of a workbook, or reports the errors row by row.
pub async fn bring(
    visit: Visit,
    Path(id): Path<RubricId>,
    FormWithFile(form, upload): FormWithFile<VersionForm>,
) -> Result<Response> {
    let read = checked(open_workbook(upload, table::heads()).await)?;
    let mut tx = visit.begin().await?;
    let rubric = draft(&mut tx, &visit, id).await?;
    let again =
        |rubric, problems, rows| Invalid(Import { chrome: visit.chrome(), rubric, problems, rows }).into_response();
    let rows = match read {
        Ok(rows) if rows.is_empty() => {
            let why = Problems::one("file", "表格里没有内容，请从第二行起每行填一条指标。");
            return Ok(again(rubric, why, vec![]));
        }
        Ok(rows) => rows,
        Err(problems) => return Ok(again(rubric, problems, vec![])),
    };
    let lines = match table::read(&rows) {
        Ok(lines) => lines,
        Err(found) => return Ok(again(rubric, Problems::default(), found)),
    };
    // A line with an unknown parent can't be stored at all. The rubric's page checks the sums.
    let lost: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let parent = line.parent.as_ref()?;
            let row = rows.iter().find(|(_, cells)| cells.first() == Some(&line.code)).map_or(0, |(row, _)| *row);
            let is_there = lines.iter().any(|other| other.code == *parent);
            (!is_there).then(|| (row, format!("没有编号为「{parent}」的上级指标。")))
        })
        .collect();
    if !lost.is_empty() {
        return Ok(again(rubric, Problems::default(), lost));
    }
    let version = form.version.parse().map_err(|_| Error::NotFound)?;
    store::replace_lines(&mut tx, id, version, &lines).await?;
    let entry = Entry::new("导入评分指标", "rubric", id, rubric.title());
    tx.record(entry.before(json!({ "lines": rubric.lines })).after(json!({ "lines": lines }))).await?;
    tx.commit().await?;
    Ok(see_other_done(&rubric.path(), "imported"))
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct VersionForm {
    version: String,
}
