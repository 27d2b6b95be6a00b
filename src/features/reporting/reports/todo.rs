//! Reports on the visitor's to-do list: to fill in, to review, to chase and to read.

use super::{
    model::{State, Timing},
    stance::{desk_of, sees_drafts},
    store::{self, Filter, Own, Tab},
};
use crate::{
    access::Act,
    db::Tx,
    features::ground::calendar,
    kernel::{Day, Paging, Result},
    web::{TodoItem, Visit},
};

/// Months to fill in; a month appears once the one before it is done.
fn to_fill(own: Vec<Own>, due_now: Day, today: Day) -> Vec<TodoItem> {
    let this = today.month();
    let open: Vec<Own> =
        own.into_iter().filter(|own| own.state().is_open() && (own.position.is_some() || own.month == this)).collect();
    let has_older = |own: &Own| open.iter().any(|other| other.station == own.station && other.month < own.month);
    let begun = |own: &Own| {
        own.filled > 0 || today.0 >= Timing { month: own.month, due_on: today, extended_to: None }.opens_on().0
    };
    open.iter()
        .filter(|own| own.month < this || begun(own) || !has_older(own))
        .map(|own| item(own, due_now, today))
        .collect()
}

/// A month to fill in: time left, progress, and why it was returned.
fn item(own: &Own, due_now: Day, today: Day) -> TodoItem {
    let timing = Timing { month: own.month, due_on: own.due_on.unwrap_or(due_now), extended_to: None };
    let is_overdue = timing.left(today) < 0 && !own.is_received;
    let path = format!("/reports/{}/{}/edit", own.station, own.month);
    let mut item = TodoItem::new(path, format!("{} {}月报", own.name, own.month.label()))
        .act(if own.filled > 0 { "继续填写" } else { "开始填写" })
        .overdue(is_overdue);
    if !own.is_received {
        item = item.tagged(timing.words(&today), if is_overdue { "bad" } else { "" });
    }
    if own.asked > 0 {
        item = item.with(format!("已填 {}/{}", own.filled, own.asked));
    }
    match (own.state(), &own.why) {
        (State::Returned, why) => {
            item = item.tagged("已退回", "bad");
            why.iter().fold(item, |item, why| item.with(why.clone()))
        }
        (State::Amending, _) => item.tagged("更正中", "warn"),
        _ => item,
    }
}

/// The visitor's to-do list; reports to fill in come first.
pub async fn todo(visit: &Visit, tx: &mut Tx) -> Result<Vec<TodoItem>> {
    let role = visit.visitor.role;
    let today = tx.today();
    let mut items = vec![];
    let counted =
        |path: &str, count: i64, what: &str| (count > 0).then(|| TodoItem::new(path, format!("有 {count} 份{what}")));
    if role.may(Act::FillReports) {
        let own = store::own(tx).await?;
        let due = calendar::due_on(tx, today.month()).await?;
        items.extend(to_fill(own, due, today));
    }
    if role.may(Act::ReviewReports) {
        let filter = Filter { tab: Tab::Review.as_str().to_owned(), month: "all".to_owned(), ..Filter::default() };
        let wanted = filter.wanted(tx, desk_of(visit), sees_drafts(visit));
        let counts = store::counts(tx, &wanted).await?;
        items.extend(counted("/reports?tab=review&month=all", counts.review, "月报等您审核"));
        if !role.may(Act::FillReports) {
            items.extend(counted("/reports?tab=missing&month=all", counts.missing, "月报还没有报"));
        }
    }
    if role.may(Act::ReadReports) && !role.may(Act::ReadDrafts) {
        let fresh = store::fresh(tx, Paging::default()).await?.total;
        items.extend(counted("/reports/new", fresh, "新审定的月报没有看"));
    }
    Ok(items)
}
