//! The check before submission, submitting, the receipt and withdrawal of a report.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::super::stance::{locked, reached, require_author};
use super::{
    fill::{Loaded, last_return, name_of},
    grid,
};
use crate::{
    db::Tx,
    features::reporting::reports::{
        model::{Content, Desk, Field, Finding, Move, Position, Severity, TEXTS, late_by},
        store::{self, Report, Said},
    },
    kernel::{Day, Error, Month, Result, StationId},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, form_key, key_of, see_other, see_other_done},
};

/// A cell that differs a lot from last month.
#[derive(Debug)]
struct Far {
    name: String,
    text: String,
    last: String,
    change: String,
}

#[derive(Template)]
#[template(path = "reporting/reports/check.html")]
struct Check {
    chrome: Chrome,
    report: Report,
    key: String,
    hard: Vec<Finding>,
    /// Blank cells: field and name.
    blanks: Vec<(String, String)>,
    /// Cells marked by the last return: name, submitted value, value now.
    meant: Vec<(String, String, String)>,
    /// Soft findings: field of the note, name, finding, note.
    soft: Vec<(String, String, String, String)>,
    far: Vec<Far>,
    empty_texts: Vec<&'static str>,
    filled: usize,
    asked: usize,
    zeros: usize,
    not_applicable: usize,
    to: Desk,
    today: Day,
    submits: bool,
    /// The report was submitted but refused.
    was_refused: bool,
    /// Somebody else saved after this page was rendered.
    is_stale: bool,
}

impl Check {
    fn page(
        visit: &Visit,
        loaded: Loaded,
        content: &Content,
        meant: Vec<(String, String, String)>,
        key: String,
        today: Day,
        was_refused: bool,
    ) -> Self {
        let findings = loaded.check(content, true);
        let nothing = BTreeSet::new();
        let given = loaded.given(content, &findings, &nothing);
        let lines: Vec<_> = grid::blocks(&given).into_iter().flat_map(|block| block.lines).collect();
        let far = lines
            .into_iter()
            .filter(|line| line.is_far && line.soft.is_none())
            .map(|line| Far { name: line.name, text: line.text, last: line.last, change: line.change })
            .collect();
        let soft = findings.iter().filter(|finding| finding.severity == Severity::Soft).filter_map(|finding| {
            let slot = finding.field.slot()?;
            let note = Field::Note(slot);
            let name = name_of(&loaded.form, finding.field);
            Some((note.name(), name, finding.why.clone(), content.text(note, &loaded.sheet)))
        });
        let soft: Vec<_> = soft.collect();
        let empty_texts =
            TEXTS.iter().filter(|(key, ..)| !content.texts.contains_key(*key)).map(|(_, label, ..)| *label).collect();
        let (filled, asked) = content.progress(&loaded.form);
        let typed = || loaded.form.indicators().filter(|indicator| !indicator.is_derived());
        let to = loaded.report.position.after(loaded.stance.route, &Move::Submit).ok().and_then(|next| next.desk());
        let chrome = visit.chrome();
        let is_blank = |finding: &Finding| matches!(finding.field, Field::Value(slot) if !content.says(slot) && !content.unread.contains_key(&finding.field.name()));
        let hard = findings.into_iter().filter(|finding| finding.severity == Severity::Hard);
        let (blank, hard): (Vec<Finding>, Vec<Finding>) = hard.partition(is_blank);
        let blanks = blank.iter().map(|f| (f.field.name(), name_of(&loaded.form, f.field))).collect();
        Self {
            chrome,
            key,
            far,
            empty_texts,
            filled,
            asked,
            zeros: typed().filter(|indicator| content.value(indicator.slot) == Some(0)).count(),
            not_applicable: content.na.len(),
            to: to.unwrap_or(Desk::County),
            today,
            submits: loaded.stance.submits,
            was_refused,
            is_stale: false,
            soft,
            blanks,
            meant,
            hard,
            report: loaded.report,
        }
    }

    fn blocks(&self) -> usize {
        self.blanks.len() + self.hard.len() + self.soft.iter().filter(|(.., note)| note.is_empty()).count()
    }

    /// Marked cells whose value has not changed.
    fn unchanged(&self) -> usize {
        self.meant.iter().filter(|(_, was, now)| was == now).count()
    }

    fn is_open(&self) -> bool {
        self.today >= self.report.timing.opens_on()
    }
}

/// Cells marked by the last return: name, submitted value, value now.
async fn returned_cells(tx: &mut Tx, loaded: &Loaded, content: &Content) -> Result<Vec<(String, String, String)>> {
    let Some(returned) = last_return(tx, loaded).await? else { return Ok(vec![]) };
    let seq = loaded.report.last_seq.unwrap_or(0);
    let Some(before) = store::round_before(tx, &loaded.report, seq).await? else { return Ok(vec![]) };
    let cells = returned.cells.iter().map(|field| {
        let text = |content: &Content| content.text(*field, &loaded.sheet);
        (name_of(&loaded.form, *field), text(&before.0), text(content))
    });
    Ok(cells.collect())
}

pub async fn show(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    if !loaded.stance.is_author || locked(&loaded.report).is_some() {
        return Ok(see_other(&loaded.report.path()));
    }
    let content = loaded.content();
    let meant = returned_cells(&mut tx, &loaded, &content).await?;
    Ok(Html(Check::page(&visit, loaded, &content, meant, form_key(), tx.today(), false)).into_response())
}

/// Submits the saved report with the notes typed on this page. A repeated submit leads to the same
/// receipt.
pub async fn submit(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let key = typed.iter().find(|(name, _)| name == "key").map_or("", |(_, key)| key);
    let mut tx = visit.begin().await?;
    let there = format!("/reports/{station}/{month}/receipt");
    if let Some(before) = tx.once(key_of(key)?, &there).await? {
        return Ok(see_other(&before));
    }
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    if !loaded.stance.submits {
        return Err(Error::Forbidden);
    }
    if is_with_reviewer(&loaded.report) {
        return Ok(see_other(&there));
    }
    require_author(&loaded.report, &loaded.stance)?;
    if tx.today() < loaded.report.timing.opens_on() {
        let why =
            format!("{}月报从 {} 起可以提交，现在可以先填写保存。", month.label(), loaded.report.timing.opens_on());
        return Err(Error::refused(why));
    }
    let mut content = loaded.content();
    loaded.put(&mut content, &typed);
    content.settle(&loaded.form, &loaded.known());
    let seen = typed.iter().find(|(name, _)| name == "version").and_then(|(_, text)| text.parse().ok());
    let is_stale = seen != Some(loaded.report.version);
    let findings = loaded.check(&content, true);
    if is_stale || findings.iter().any(Finding::blocks) {
        let meant = returned_cells(&mut tx, &loaded, &content).await?;
        let mut page = Check::page(&visit, loaded, &content, meant, form_key(), tx.today(), !is_stale);
        page.is_stale = is_stale;
        return Ok(Invalid(page).into_response());
    }
    let odd = findings.iter().filter(|finding| finding.severity == Severity::Soft).count();
    if let Err(error) = send(&mut tx, loaded, &content, odd).await {
        // Another tab was faster: same report, same receipt.
        let (report, _) = reached(&mut tx, &visit, station, month).await?;
        return if is_with_reviewer(&report) { Ok(see_other(&there)) } else { Err(error) };
    }
    tx.commit().await?;
    Ok(see_other(&there))
}

fn is_with_reviewer(report: &Report) -> bool {
    report.state().is_under_review() && report.submitted_seq == report.last_seq
}

async fn send(tx: &mut Tx, loaded: Loaded, content: &Content, odd: usize) -> Result<()> {
    let mut report = loaded.report;
    if !store::save(tx, &report, content, &loaded.form).await? {
        return Err(Error::refused("提交的时候有别人正在改这份月报，还没有提交。请返回上一页再核对一次。"));
    }
    report.version = if report.is_begun { report.version + 1 } else { 1 };
    let route = match report.position {
        // A returned report takes the same route as before.
        Position::Returned(_) => report.route,
        _ => loaded.stance.route,
    };
    store::step(tx, &mut report, route, &Move::Submit, content, &Said { odd, ..Said::default() }).await
}

#[derive(Template)]
#[template(path = "reporting/reports/receipt.html")]
struct Receipt {
    chrome: Chrome,
    report: Report,
    late: Option<i64>,
    may_withdraw: bool,
    today: Day,
}

impl Receipt {
    fn is_over(&self) -> bool {
        self.report.timing.left(self.today) < 0
    }

    fn who(&self) -> &'static str {
        self.report.position.desk().map_or("", Desk::who)
    }
}

pub async fn receipt(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (report, stance) = reached(&mut tx, &visit, station, month).await?;
    let Some(at) = report.submitted_at.filter(|_| stance.is_author || stance.sees_drafts) else {
        return Ok(see_other(&report.path()));
    };
    let late = late_by(&report.timing, at).filter(|_| report.on_time == Some(false));
    let may_withdraw = stance.submits && report.submitted_seq == report.last_seq;
    Ok(Html(Receipt { chrome: visit.chrome(), report, late, may_withdraw, today: tx.today() }).into_response())
}

/// Withdraws a submission that nobody has reviewed yet.
pub async fn withdraw(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (mut report, stance) = reached(&mut tx, &visit, station, month).await?;
    if !stance.submits {
        return Err(Error::Forbidden);
    }
    let last = store::steps(&mut tx, &report).await?.pop();
    let before = last.filter(|step| Some(step.seq) == report.submitted_seq).map(|step| step.from);
    let before = before.ok_or_else(|| {
        Error::refused("已经有人审核过这份月报，不能撤回了。要修改的，可以请审核人退回；已经审定的，请申请更正。")
    })?;
    let (route, path) = (report.route, report.path());
    store::step(&mut tx, &mut report, route, &Move::Withdraw(before), &Content::default(), &Said::default()).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("{path}/edit"), "withdrawn"))
}
