//! What of reports waits for somebody, for their first page.

use super::{
    model::{State, Timing},
    pages::{desk_of, sees_drafts},
    store::{self, Filter, Own, Tab},
};
use crate::{
    access::Act,
    db::Tx,
    features::ground::calendar,
    kernel::{Day, Month, Paging, Result, StationId},
    web::Visit,
};

/// A month that somebody is to fill in.
#[derive(Debug)]
pub struct ToFill {
    pub station: StationId,
    pub name: String,
    pub month: Month,
    pub state: State,
    pub filled: i16,
    pub asked: i16,
    /// `还剩 2 天`; nothing of what was received.
    pub left: String,
    pub is_overdue: bool,
    pub why: Option<String>,
}

/// What waits.
#[derive(Debug, Default)]
pub struct Todo {
    pub fill: Vec<ToFill>,
    pub review: i64,
    /// Expected and not there, of all months.
    pub missing: i64,
    pub fresh: i64,
}

impl Todo {
    pub fn is_empty(&self) -> bool {
        self.fill.is_empty() && self.review == 0 && self.missing == 0 && self.fresh == 0
    }
}

/// A month is shown to be filled in once the one before it is done.
fn to_fill(own: Vec<Own>, due_now: Day, today: Day) -> Vec<ToFill> {
    let this = today.month();
    let open: Vec<Own> =
        own.into_iter().filter(|own| own.state().is_open() && (own.position.is_some() || own.month == this)).collect();
    let has_older = |own: &Own| open.iter().any(|other| other.station == own.station && other.month < own.month);
    let begun = |own: &Own| {
        own.filled > 0 || today.0 >= Timing { month: own.month, due_on: today, extended_to: None }.opens_on().0
    };
    open.iter()
        .filter(|own| own.month < this || begun(own) || !has_older(own))
        .map(|own| {
            let timing = Timing { month: own.month, due_on: own.due_on.unwrap_or(due_now), extended_to: None };
            ToFill {
                station: own.station,
                name: own.name.clone(),
                month: own.month,
                state: own.state(),
                filled: own.filled,
                asked: own.asked,
                left: if own.is_received { String::new() } else { timing.words(&today) },
                is_overdue: timing.left(today) < 0 && !own.is_received,
                why: own.why.clone(),
            }
        })
        .collect()
}

/// What waits for who looks.
pub async fn todo(visit: &Visit, tx: &mut Tx) -> Result<Todo> {
    let role = visit.visitor.role;
    let today = tx.today();
    let mut todo = Todo::default();
    if role.may(Act::FillReports) {
        let own = store::own(tx).await?;
        let due = calendar::due_on(tx, today.month()).await?;
        todo.fill = to_fill(own, due, today);
    }
    if role.may(Act::ReviewReports) {
        let filter = Filter { tab: Tab::Review.as_str().to_owned(), month: "all".to_owned(), ..Filter::default() };
        let wanted = filter.wanted(tx, desk_of(visit), sees_drafts(visit));
        let counts = store::counts(tx, &wanted).await?;
        todo.review = counts.review;
        if !role.may(Act::FillReports) {
            todo.missing = counts.missing;
        }
    }
    if role.may(Act::ReadReports) && !role.may(Act::ReadDrafts) {
        todo.fresh = store::fresh(tx, Paging::default()).await?.total;
    }
    Ok(todo)
}
