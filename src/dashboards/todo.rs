//! The visitor's to-do list from all areas, overdue items first.

use crate::{
    db::Tx,
    features::{evaluation::scoring, people::staff, purchasing::oversight, reporting::reports},
    kernel::Result,
    web::{TodoItem, Visit},
};

/// The visitor's to-do list.
pub async fn of(visit: &Visit, tx: &mut Tx) -> Result<Vec<TodoItem>> {
    let mut items = reports::todo(visit, tx).await?;
    items.extend(oversight::todo(visit, tx).await?);
    items.extend(scoring::todo(visit, tx).await?);
    items.extend(staff::todo(visit, tx).await?);
    items.sort_by_key(|item| !item.is_overdue);
    Ok(items)
}
