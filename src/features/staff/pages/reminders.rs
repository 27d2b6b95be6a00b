//! All open reminders.

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    features::staff::store::{self, Reminder},
    kernel::{Day, Listed, Paging, Result},
    web::{Chrome, Html, Query, Turn, Visit},
};

#[derive(Template)]
#[template(path = "staff/reminders.html")]
struct Index {
    chrome: Chrome,
    reminders: Listed<Reminder>,
    turn: Turn,
    today: Day,
}

pub async fn index(visit: Visit, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let reminders = store::reminders(&mut tx, paging).await?;
    let turn = Turn::of("/reminders", &(), &reminders);
    Ok(Html(Index { chrome: visit.chrome(), reminders, turn, today: tx.today() }).into_response())
}
