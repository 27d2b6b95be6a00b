//! People on the visitor's to-do list: lessons to confirm, transfers to decide, and the most urgent
//! reminders.

use super::store::{self, Reminder};
use crate::{
    access::Act,
    db::Tx,
    kernel::{Day, Paging, Result},
    web::{TodoItem, Visit},
};

/// Reminders shown on the home page; the reminders page shows all.
const REMINDERS: usize = 5;

/// The visitor's to-do list, decisions before reminders.
pub async fn todo(visit: &Visit, tx: &mut Tx) -> Result<Vec<TodoItem>> {
    let role = visit.visitor.role;
    let mut items = vec![];
    if role.may(Act::WritePersons) || role.may(Act::DecideTransfers) {
        let waiting = store::waiting(tx).await?;
        if waiting.education > 0 && role.may(Act::WritePersons) {
            let name = format!("有 {} 条继续教育等待确认", waiting.education);
            items.push(TodoItem::new("/persons?waiting=1&working=all", name));
        }
        if waiting.transfers > 0 && role.may(Act::DecideTransfers) {
            items.push(TodoItem::new("/transfers", format!("有 {} 份调动申请等待办理", waiting.transfers)));
        }
    }
    if role.may(Act::ReadPersons) {
        let (today, found) = (tx.today(), store::reminders(tx, Paging::default()).await?);
        items.extend(found.rows.iter().take(REMINDERS).map(|reminder| item(reminder, today)));
        if found.total > 0 {
            items.push(TodoItem::new("/reminders", format!("全部人员提醒（{} 条）", found.total)));
        }
    }
    Ok(items)
}

fn item(reminder: &Reminder, today: Day) -> TodoItem {
    let left = today.days_to(reminder.due_on);
    let due = if left < 0 {
        format!("{}（已过 {} 天）", reminder.due_on, -left)
    } else {
        format!("{}（还有 {left} 天）", reminder.due_on)
    };
    let item = TodoItem::new(format!("/persons/{}", reminder.person), reminder.name.clone())
        .tagged(reminder.kind.label(), reminder.kind.colour())
        .with(due)
        .overdue(left < 0);
    match &reminder.station_name {
        Some(station) => item.with(station.clone()),
        None => item,
    }
}
