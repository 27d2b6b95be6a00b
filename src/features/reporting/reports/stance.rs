//! A visitor's relation to a report: author, reviewer or reader.

use std::collections::BTreeSet;

use crate::{
    access::Act,
    db::Tx,
    features::{
        places::stations::StationLevel,
        reporting::{
            indicators::Section,
            reports::{
                model::{Desk, Field, Reviewer, Route, State},
                store::{self, Report},
            },
        },
    },
    kernel::{Error, Month, Result, StationId, moment},
    web::Visit,
};

/// The desk at which the visitor reviews.
pub fn desk_of(visit: &Visit) -> Option<Desk> {
    let role = visit.visitor.role;
    if role.may(Act::ReviewAsCounty) {
        Some(Desk::County)
    } else if role.may(Act::ReviewAsTownship) {
        Some(Desk::Township)
    } else {
        role.may(Act::ReviewReports).then_some(Desk::Station)
    }
}

/// True if the visitor may see reports that are not approved yet.
pub fn sees_drafts(visit: &Visit) -> bool {
    visit.visitor.role.may(Act::ReadDrafts)
}

/// A visitor's rights on a report.
#[derive(Clone, Debug)]
pub struct Stance {
    /// Sections they may write in; `None` means all.
    pub sections: Option<BTreeSet<Section>>,
    pub is_author: bool,
    /// Submits, withdraws, asks for corrections.
    pub submits: bool,
    pub route: Route,
    pub reviewer: Option<Reviewer>,
    pub sees_drafts: bool,
}

impl Stance {
    pub fn of(visit: &Visit, report: &Report) -> Self {
        let (role, me) = (visit.visitor.role, visit.visitor.account);
        let above = report.level == StationLevel::Village
            && visit
                .visitor
                .scope
                .reach
                .stations
                .as_ref()
                .is_some_and(|list| report.parent.is_some_and(|parent| list.contains(&parent)));
        // A room with a head of its own is left to that head.
        let is_author = role.may(Act::FillReports) && (!above || report.heads.is_empty() || report.heads.contains(&me));
        let submits = is_author && role.may(Act::SubmitReports);
        let desk = desk_of(visit).filter(|desk| *desk != Desk::Station || above);
        let reviewer = desk.map(|desk| Reviewer {
            desk,
            stands_in_from: report.stands_in_from(desk),
            is_author: report.submitted_by == Some(me),
        });
        Self {
            sections: (is_author && !submits).then(|| report.sections_of(me)),
            is_author,
            submits,
            route: Route::of(report.level, above),
            reviewer,
            sees_drafts: sees_drafts(visit),
        }
    }

    /// True if they may write in this field.
    pub fn writes(&self, field: Field, section: Option<Section>) -> bool {
        match (&self.sections, field, section) {
            (None, ..) | (Some(_), Field::Text(_), _) => true,
            (Some(own), _, Some(section)) => own.contains(&section),
            (Some(_), _, None) => false,
        }
    }
}

/// A report within reach, for a month that has begun.
pub async fn reached(tx: &mut Tx, visit: &Visit, station: StationId, month: Month) -> Result<(Report, Stance)> {
    if month > tx.today().month() {
        return Err(Error::NotFound);
    }
    let report = store::find(tx, station, month).await?;
    let stance = Stance::of(visit, &report);
    if !report.is_begun && !stance.is_author && !stance.sees_drafts {
        return Err(Error::NotFound);
    }
    Ok((report, stance))
}

/// Why the report is locked, since when, and who can unlock it; `None` if it is open.
pub fn locked(report: &Report) -> Option<String> {
    let since =
        |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(String::new, |at| format!("从 {} 起", moment(&at)));
    match report.state() {
        State::Draft | State::Returned | State::Amending => None,
        State::Approved => Some(format!(
            "这份月报{}已经审定，不能直接修改。数字有误的，由站长在这一页申请更正，县级工作人员同意后可以改。",
            since(report.approved_at)
        )),
        State::Asked => Some("这份月报正在申请更正，等县级工作人员同意后可以改。".to_owned()),
        state => Some(format!(
            "这份月报{}已经提交，现在是「{}」，不能修改。还没有人审核时，站长可以撤回；也可以请审核人退回。",
            since(report.submitted_at),
            state.label()
        )),
    }
}

/// Requires the visitor to be the author and the report to be open.
pub fn require_author(report: &Report, stance: &Stance) -> Result<()> {
    if !stance.is_author {
        return Err(Error::Forbidden);
    }
    locked(report).map_or(Ok(()), |why| Err(Error::refused(why)))
}
