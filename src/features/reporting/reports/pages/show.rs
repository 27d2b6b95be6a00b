//! A report to read and, for the reviewer at its desk, to review.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::super::stance::{desk_of, locked, reached};
use super::{
    fill::{Loaded, name_of},
    grid::{self, Block, Parts},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::{
        ground::files,
        reporting::{
            indicators::Form as ReportForm,
            reports::{
                model::{Content, Desk, Field, Move, ReturnReason, State, Step, TEXTS, permit},
                store::{self, Neighbours, Report, Round, StepRow},
            },
        },
    },
    kernel::{Day, Error, FileId, Month, Problems, Result, StationId, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReviewForm {
    pub version: i32,
    pub decision: String,
    pub reason: String,
    pub words: String,
    pub target: String,
    pub cell: Vec<String>,
}

#[derive(Template)]
#[template(path = "reporting/reports/show.html")]
pub struct Show {
    chrome: Chrome,
    pub report: Report,
    blocks: Vec<Block>,
    parts: Vec<Parts>,
    texts: Vec<(&'static str, &'static str, String, Option<String>)>,
    steps: Vec<StepRow>,
    form: ReportForm,
    /// Shows the approved figures, not the ones being edited.
    is_approved_view: bool,
    /// The visitor may not see any of it yet.
    is_closed: bool,
    has_rooms: bool,
    rooms: Vec<store::RoomReport>,
    /// Number of cells changed since the last submission.
    changed: usize,
    reviews: bool,
    /// The vacant lower desk that the visitor stands in for.
    in_place: Option<Desk>,
    targets: Vec<(&'static str, &'static str)>,
    neighbours: Neighbours,
    typed: ReviewForm,
    problems: Problems,
    extension: ExtensionForm,
    /// The step in which a higher desk returned the report to this one.
    sent_back: Option<StepRow>,
    is_author: bool,
    submits: bool,
    may_withdraw: bool,
    may_extend: bool,
    locked: Option<String>,
    today: Day,
}

impl Show {
    pub async fn page(
        visit: &Visit,
        tx: &mut Tx,
        station: StationId,
        month: Month,
        typed: ReviewForm,
        problems: Problems,
    ) -> Result<Self> {
        let loaded = Loaded::load(tx, visit, station, month).await?;
        let report = &loaded.report;
        let stance = &loaded.stance;
        let is_closed = !stance.sees_drafts && report.approved.is_none();
        let is_approved_view = !stance.sees_drafts && report.approved.is_some();
        let content = match &report.approved {
            Some(approved) if is_approved_view => approved.clone(),
            _ if is_closed => Content::default(),
            _ => loaded.content(),
        };
        let steps = if report.last_seq.is_some() { store::steps(tx, report).await? } else { vec![] };
        // Compares with the submission that the last review was about.
        let reviewed = steps.iter().rev().find(|step| matches!(step.act, Step::Return | Step::Consent));
        let before: Option<Round> = match reviewed {
            Some(step) if stance.sees_drafts => store::round_before(tx, report, step.seq).await?,
            _ => None,
        };
        let findings =
            if report.submitted_at.is_some() || stance.is_author { loaded.check(&content, false) } else { vec![] };
        let meant = steps.iter().rev().find(|step| step.act == Step::Return);
        let meant: BTreeSet<Field> = match report.state() {
            State::Approved => BTreeSet::new(),
            _ => meant.map(|step| step.cells.iter().copied().collect()).unwrap_or_default(),
        };
        let mut given = loaded.given(&content, &findings, &meant);
        given.before = before.as_ref().map(|round| &round.0);
        let blocks = grid::blocks(&given);
        let changed = before.as_ref().map_or(0, |round| content.changed_from(&round.0, &loaded.form).len());
        let texts = TEXTS.iter().map(|(key, label, ..)| {
            let here = content.texts.get(*key).cloned().unwrap_or_default();
            let was = before.as_ref().map(|round| round.0.texts.get(*key).cloned().unwrap_or_default());
            (*key, *label, here.clone(), was.filter(|was| *was != here))
        });
        let texts = texts.collect();
        let reviews = report.state().is_under_review()
            && stance.reviewer.is_some_and(|hand| permit(&report.position, &Move::Pass, hand).is_ok());
        let neighbours = match desk_of(visit).filter(|_| reviews) {
            Some(desk) => store::neighbours(tx, desk, station, month).await?,
            None => Neighbours::default(),
        };
        let own_desk = stance.reviewer.map(|reviewer| reviewer.desk);
        let parts = grid::parts(&given);
        Ok(Self {
            chrome: visit.chrome(),
            blocks,
            parts,
            texts,
            is_approved_view,
            is_closed,
            has_rooms: !loaded.around.rooms.is_empty() && stance.sees_drafts,
            rooms: if stance.sees_drafts { loaded.around.rooms.clone() } else { vec![] },
            changed,
            reviews,
            in_place: report.position.desk().filter(|desk| reviews && own_desk.is_some_and(|own| *desk < own)),
            targets: targets(report, reviews),
            neighbours,
            typed,
            problems,
            extension: ExtensionForm::default(),
            sent_back: steps.last().filter(|step| reviews && step.act == Step::Return).cloned(),
            is_author: stance.is_author,
            submits: stance.submits,
            may_withdraw: stance.submits && report.state().is_under_review() && report.submitted_seq == report.last_seq,
            may_extend: visit.visitor.role.may(Act::ExtendReports) && report.submitted_at.is_none(),
            locked: locked(report).filter(|_| stance.is_author),
            today: tx.today(),
            steps: if is_closed { vec![] } else { steps },
            form: loaded.form.clone(),
            report: loaded.report,
        })
    }

    fn names(&self, cells: &[Field]) -> String {
        cells.iter().map(|field| name_of(&self.form, *field)).collect::<Vec<_>>().join("、")
    }

    fn meant(&self, field: impl AsRef<str>) -> bool {
        self.typed.cell.iter().any(|cell| cell == field.as_ref())
    }

    fn reasons(&self) -> Vec<(&'static str, &'static str)> {
        let mut reasons = vec![("", "请选择")];
        reasons.extend(ReturnReason::choices());
        reasons
    }

    fn is_over(&self) -> bool {
        self.report.timing.left(self.today) < 0
    }

    fn may_consent(&self) -> bool {
        self.report.state() == State::Asked && self.chrome.may(Act::ReviewAsCounty)
    }
}

/// Choices of whom to return the report to.
fn targets(report: &Report, reviews: bool) -> Vec<(&'static str, &'static str)> {
    let Some(desk) = report.position.desk().filter(|_| reviews) else { return vec![] };
    let mut targets = vec![("author", "退给填报人")];
    for below in report.route.desks().iter().filter(|below| **below < desk) {
        targets.push(match below {
            Desk::Station => ("station", "退给站内审核"),
            _ => ("township", "退给乡镇（街道）审核"),
        });
    }
    targets
}

pub async fn show(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let page = Show::page(&visit, &mut tx, station, month, ReviewForm::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

/// Submitted fields of a deadline extension.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExtensionForm {
    extend_to: String,
    why: String,
}

/// Extends a station's deadline for this month.
pub async fn extend(
    visit: Visit,
    Path((station, month)): Path<(StationId, Month)>,
    Form(form): Form<ExtensionForm>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (report, _) = reached(&mut tx, &visit, station, month).await?;
    if report.submitted_at.is_some() {
        return Err(Error::refused("这份月报已经提交，不用延期。"));
    }
    let mut problems = Problems::default();
    let to = problems.check("extend_to", form.extend_to.parse::<Day>());
    let why = problems.check("why", line(&form.why, 2, 100));
    let earliest = report.timing.due_on.after().max(tx.today());
    let latest = earliest.plus_days(60);
    if to.is_some_and(|to| to < earliest || to > latest) {
        problems.note("extend_to", format!("延期请填 {earliest} 到 {latest} 之间的日期。"));
    }
    let (Some(to), Some(why), true) = (to, why, problems.is_empty()) else {
        let mut page = Show::page(&visit, &mut tx, station, month, ReviewForm::default(), problems).await?;
        page.extension = form;
        return Ok(Invalid(page).into_response());
    };
    store::extend(&mut tx, &report, to, &why).await?;
    let after = serde_json::json!({ "to": to, "reason": why });
    tx.record(Entry::new("月报延期", "report", format!("{station}/{month}"), report.label()).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&report.path(), "extended"))
}

/// Serves a file attached to the report.
pub async fn file(visit: Visit, Path((station, month, id)): Path<(StationId, Month, FileId)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let (report, stance) = reached(&mut tx, &visit, station, month).await?;
    if !report.has_file(id) || !stance.sees_drafts && report.approved.is_none() {
        return Err(Error::NotFound);
    }
    files::serve(&mut tx, id).await
}
