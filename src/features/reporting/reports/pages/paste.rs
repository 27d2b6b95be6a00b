//! Figures from elsewhere: pasted from a table or uploaded in the month's workbook, each with a
//! preview before it is applied; also the report's files.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::super::stance::{locked, reached, require_author};
use super::{fill::Loaded, grid::fixed_why};
use crate::{
    db::{Entry, Tx},
    features::{
        ground::files,
        reporting::{
            indicators::{Form as ReportForm, Indicator},
            reports::{
                model::{Field, Reading, read},
                store::{self, Report},
            },
        },
    },
    kernel::{Error, FileId, Month, Problems, Result, StationId},
    web::{
        App, Cell, Chrome, Column, Form, Html, Invalid, Path, Sheet as Workbook, Upload, Visit, checked, filters,
        open_workbook, see_other, see_other_done,
    },
};

/// A cell that would be filled in.
#[derive(Debug)]
struct Coming {
    field: String,
    name: String,
    now: String,
    typed: String,
    /// The new value in plain digits; empty if it can't be read.
    will_be: String,
    why: Option<String>,
}

#[derive(Template)]
#[template(path = "reporting/reports/paste.html")]
struct Preview {
    chrome: Chrome,
    report: Report,
    coming: Vec<Coming>,
    /// Lines that match no cell.
    unknown: Vec<String>,
    /// Cells that fill themselves and are skipped.
    skipped: Vec<String>,
    text: String,
    problems: Problems,
}

impl Preview {
    fn good(&self) -> usize {
        self.coming.iter().filter(|coming| coming.why.is_none()).count()
    }

    fn bad(&self) -> usize {
        self.coming.len() - self.good()
    }
}

/// A name without whitespace and without bracketed text.
fn bare(name: &str) -> String {
    let head = name.split(['（', '(']).next().unwrap_or(name);
    head.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Indicator that a word names.
fn meant<'a>(form: &'a ReportForm, word: &str) -> Option<&'a Indicator> {
    let word = bare(word);
    form.indicators().find(|indicator| bare(&indicator.name) == word || indicator.code == word)
}

/// Units that may follow an amount while amounts are detected.
const ALL_UNITS: &str = "人次户次小时学时分钟元份篇件起节场支名%";

/// Pairs of slot and typed amount, and lines that match no cell.
type Read = (Vec<(i16, String)>, Vec<String>);

/// Parses pasted text into pairs of slot and amount, and lines that match nothing. Lines that begin
/// with an indicator's name are matched by name. If none does, the text is a column of amounts,
/// which must be as long as the form or as the list of editable cells and is read in that order.
fn read_pasted(form: &ReportForm, open: &[i16], text: &str) -> Result<Read, String> {
    let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').map(str::trim).collect()).collect();
    while lines.last().is_some_and(|cells| cells.iter().all(|cell| cell.is_empty())) {
        lines.pop();
    }
    let is_amount = |cell: &&&str| matches!(read(cell, 2, ALL_UNITS), Reading::Amount(_) | Reading::NotApplicable);
    let named = lines.iter().any(|cells| cells.len() > 1 && meant(form, cells[0]).is_some());
    let (mut pairs, mut unknown): (Vec<(i16, String)>, Vec<String>) = (vec![], vec![]);
    if named {
        for cells in lines.iter().filter(|cells| cells[0] != "指标" && cells.iter().any(|cell| !cell.is_empty())) {
            let rest = &cells[1..];
            let typed = rest.iter().find(is_amount).or_else(|| rest.iter().rev().find(|cell| !cell.is_empty()));
            match (meant(form, cells[0]), typed) {
                (Some(indicator), Some(_)) if pairs.iter().any(|(slot, _)| *slot == indicator.slot) => {
                    unknown.push(format!("{}（重复，只取第一个）", cells.join(" ")));
                }
                (Some(indicator), Some(typed)) => pairs.push((indicator.slot, (*typed).to_owned())),
                (Some(_), None) => {}
                (None, _) => unknown.push(cells.join(" ")),
            }
        }
        return Ok((pairs, unknown));
    }
    if lines.first().is_some_and(|cells| cells[0] == "本月") {
        lines.remove(0);
    }
    let all: Vec<i16> = form.indicators().map(|indicator| indicator.slot).collect();
    let slots = match lines.len() {
        n if n == open.len() => open,
        n if n == all.len() => &all[..],
        n => {
            return Err(format!(
                "这一列有 {n} 行，和本表对不上：可以填的有 {} 格，全表有 {} 行。请连同「指标」一列一起复制。",
                open.len(),
                all.len()
            ));
        }
    };
    for (cells, slot) in lines.iter().zip(slots).filter(|(_, slot)| open.contains(slot)) {
        pairs.push((*slot, cells[0].to_owned()));
    }
    Ok((pairs, unknown))
}

fn preview(visit: &Visit, loaded: Loaded, pairs: Vec<(i16, String)>, unknown: Vec<String>, text: String) -> Preview {
    let content = loaded.content();
    let nothing = BTreeSet::new();
    let given = loaded.given(&content, &[], &nothing);
    let (mut coming, mut skipped) = (vec![], vec![]);
    for (slot, typed) in pairs {
        let Some(indicator) = loaded.form.indicators().find(|indicator| indicator.slot == slot) else { continue };
        let now = content.text(Field::Value(slot), &loaded.sheet);
        if typed.is_empty() {
            continue;
        }
        if fixed_why(&given, indicator).is_some() {
            skipped.push(indicator.name.clone());
            continue;
        }
        let (will_be, why) = match read(&typed, indicator.scale, &indicator.unit) {
            Reading::Amount(value) => (indicator.text(&value), None),
            Reading::NotApplicable => ("/".to_owned(), None),
            Reading::Blank => continue,
            Reading::Unread(why) => (String::new(), Some(why)),
        };
        if why.is_none() && will_be == now {
            continue;
        }
        coming.push(Coming { field: Field::Value(slot).name(), name: indicator.label(), now, typed, will_be, why });
    }
    Preview {
        chrome: visit.chrome(),
        report: loaded.report,
        coming,
        unknown,
        skipped,
        text,
        problems: Problems::default(),
    }
}

/// Cells the visitor may edit, in the order of the form.
fn open_cells(loaded: &Loaded) -> Vec<i16> {
    let content = loaded.content();
    let nothing = BTreeSet::new();
    let given = loaded.given(&content, &[], &nothing);
    loaded.form.indicators().filter(|indicator| fixed_why(&given, indicator).is_none()).map(|i| i.slot).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pasted {
    text: String,
}

/// The page for pasting figures or uploading a workbook.
pub async fn ask(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    if !loaded.stance.is_author || locked(&loaded.report).is_some() {
        return Ok(see_other(&loaded.report.path()));
    }
    Ok(Html(preview(&visit, loaded, vec![], vec![], String::new())).into_response())
}

pub async fn pasted(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(form): Form<Pasted>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    require_author(&loaded.report, &loaded.stance)?;
    let (pairs, unknown) = match read_pasted(&loaded.form, &open_cells(&loaded), &form.text) {
        Ok(read) => read,
        Err(why) => {
            let problems = Problems::one("text", why);
            let page = Preview { problems, ..preview(&visit, loaded, vec![], vec![], form.text) };
            return Ok(Invalid(page).into_response());
        }
    };
    let mut page = preview(&visit, loaded, pairs, unknown, form.text);
    if page.coming.is_empty() {
        page.problems
            .note("text", "没有可以填入的数：请从表格里复制「指标」和「本月」两列，或按本表顺序只复制数字一列。");
        return Ok(Invalid(page).into_response());
    }
    Ok(Html(page).into_response())
}

/// Column headings of the month's workbook.
const HEADS: [(&str, u16); 5] = [("指标", 30), ("单位", 8), ("本月", 14), ("上月", 14), ("口径", 60)];

/// Downloads the month's workbook, with the values entered so far.
pub async fn template(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    if !loaded.stance.is_author {
        return Err(Error::Forbidden);
    }
    let content = loaded.content();
    let nothing = BTreeSet::new();
    let given = loaded.given(&content, &[], &nothing);
    let columns = HEADS.map(|(head, width)| match head {
        "本月" => {
            Column::new(head, width).note("填数字；没有发生填 0，不适用填 /，空着表示不改。标「自动」的不用填。")
        }
        _ => Column::new(head, width),
    });
    let mut book = Workbook::new("月报", &columns, true)?;
    for indicator in loaded.form.indicators() {
        let now = content.text(Field::Value(indicator.slot), &loaded.sheet);
        let last = loaded.around.last_month(indicator.slot).map_or_else(String::new, |last| indicator.text(&last));
        let fixed = fixed_why(&given, indicator);
        let note = fixed
            .map_or_else(|| indicator.definition.clone(), |why| format!("【自动】{why}。{}", indicator.definition));
        book.row([
            Cell::Text(&indicator.name),
            Cell::Text(&indicator.unit),
            Cell::Amount(&now.replace(',', "")),
            Cell::Amount(&last.replace(',', "")),
            Cell::Text(&note),
        ])?;
    }
    let name = format!("{}_{month}_月报.xlsx", loaded.report.station_name);
    tx.record(Entry::new("下载月报模板", "report", format!("{station}/{month}"), loaded.report.label())).await?;
    tx.commit().await?;
    book.finish(&name).await
}

/// Uploads the month's workbook.
pub async fn bring(visit: Visit, Path((station, month)): Path<(StationId, Month)>, upload: Upload) -> Result<Response> {
    let read = checked(open_workbook(upload, vec!["指标", "本月"]).await)?;
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    require_author(&loaded.report, &loaded.stance)?;
    let rows = match read {
        Ok(rows) => rows,
        Err(problems) => {
            let page = Preview { problems, ..preview(&visit, loaded, vec![], vec![], String::new()) };
            return Ok(Invalid(page).into_response());
        }
    };
    let (mut pairs, mut unknown) = (vec![], vec![]);
    for (at, cells) in rows {
        match meant(&loaded.form, &cells[0]) {
            Some(indicator) => pairs.push((indicator.slot, cells[1].clone())),
            None => unknown.push(format!("第 {at} 行：{}", cells.join(" "))),
        }
    }
    let mut page = preview(&visit, loaded, pairs, unknown, String::new());
    if page.coming.is_empty() {
        page.problems.note("file", "表格里没有和现在不同的数，没有要填入的。");
        return Ok(Invalid(page).into_response());
    }
    Ok(Html(page).into_response())
}

/// Attaches a photo or document to the report.
pub async fn attach(
    State(app): State<App>,
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    upload: Upload,
) -> Result<Response> {
    const MOST: usize = 20;
    let refused = |why: &str| Error::refused(format!("{why}请返回上一页重新选择。"));
    let file = checked(files::read(&app, upload).await)?
        .map_err(|problems| refused(problems.all().first().map_or("附件没有收下。", |problem| problem.why.as_str())))?
        .ok_or_else(|| refused("没有选择文件。"))?;
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    require_author(&loaded.report, &loaded.stance)?;
    if loaded.report.files.len() >= MOST {
        return Err(Error::refused(format!("一份月报最多 {MOST} 个附件，请先删去不用的。")));
    }
    begin(&mut tx, &loaded).await?;
    let id = checked(files::keep(&mut tx, &file).await)?
        .map_err(|problems| refused(problems.all().first().map_or("", |problem| problem.why.as_str())))?;
    store::attach(&mut tx, &loaded.report, id, &file.name).await?;
    let after = serde_json::json!({ "name": file.name });
    tx.record(Entry::new("添加月报附件", "report", format!("{station}/{month}"), loaded.report.label()).after(after))
        .await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/edit", loaded.report.path()), "saved"))
}

/// Creates the report's row, which attachments need.
async fn begin(tx: &mut Tx, loaded: &Loaded) -> Result<()> {
    if !loaded.report.is_begun {
        store::save(tx, &loaded.report, &loaded.content(), &loaded.form).await?;
    }
    Ok(())
}

pub async fn detach(visit: Visit, Path((station, month, id)): Path<(StationId, Month, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (report, stance) = reached(&mut tx, &visit, station, month).await?;
    require_author(&report, &stance)?;
    let name = report.files.iter().find(|file| file.id == id).map(|file| file.name.clone()).ok_or(Error::NotFound)?;
    store::detach(&mut tx, &report, id).await?;
    files::remove(&mut tx, id).await?;
    let before = serde_json::json!({ "name": name });
    tx.record(Entry::new("删除月报附件", "report", format!("{station}/{month}"), report.label()).before(before))
        .await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{}/edit", report.path()), "deleted"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{
        places::stations::StationLevel,
        reporting::indicators::{shipped_sheet, slot_of},
    };

    #[test]
    fn pasted_lines_are_taken_by_name_or_in_order() {
        let form = shipped_sheet("2026-03".parse().unwrap()).form(StationLevel::Village);
        let slot = |code| slot_of(code).unwrap();
        let open: Vec<i16> = form.indicators().map(|indicator| indicator.slot).collect();
        let text = "指标\t单位\t本月\n社区活动（场）\t场\t１２\n来访咨询\t人次\t1,234\n没有这项\t3\n新增建档\t\t\n";
        let (pairs, unknown) = read_pasted(&form, &open, text).unwrap();
        assert_eq!(pairs, [(slot("activity_count"), "１２".to_owned()), (slot("consultations"), "1,234".to_owned())]);
        assert_eq!(unknown, ["没有这项 3"]);

        let column = "本月\n1\n2\n\n4\n5\n6\n7\n8\n9\n10\n11\n";
        let (pairs, _) = read_pasted(&form, &open, column).unwrap();
        assert_eq!(pairs.iter().map(|(slot, _)| *slot).collect::<Vec<_>>(), open);
        // As long as the whole form, although two of its cells fill themselves.
        let (pairs, _) = read_pasted(&form, &open[2..], column).unwrap();
        assert_eq!(pairs[0], (open[2], String::new()));
        assert!(read_pasted(&form, &open, "1\n2\n3").unwrap_err().contains("有 3 行"));
        let twice = read_pasted(&form, &open, "社区活动\t1\n社区活动\t2").unwrap();
        assert_eq!((twice.0.len(), twice.1.len()), (1, 1));
    }
}
