//! The system administrator's page of jobs: the list, retry and drop.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::store::{self, Filter, Row, State};
use crate::{
    db::Entry,
    kernel::{Error, JobId, Listed, Paging, Result},
    web::{Chrome, Html, Path, Query, Turn, Visit, filters, see_other_done},
};

#[derive(Template)]
#[template(path = "ground/jobs/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    jobs: Listed<Row>,
    turn: Turn,
}

pub async fn index(visit: Visit, Query(mut filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    filter.state = State::parse(&filter.state).map_or_else(String::new, |state| state.as_str().to_owned());
    let mut tx = visit.begin().await?;
    let jobs = store::page(&mut tx, &filter, None, paging).await?;
    let turn = Turn::of("/jobs", &filter, &jobs);
    Ok(Html(Index { chrome: visit.chrome(), filter, jobs, turn }).into_response())
}

pub async fn retry(visit: Visit, Path(id): Path<JobId>) -> Result<Response> {
    decide(&visit, id, "重试后台任务", true).await
}

pub async fn drop_one(visit: Visit, Path(id): Path<JobId>) -> Result<Response> {
    decide(&visit, id, "放弃后台任务", false).await
}

async fn decide(visit: &Visit, id: JobId, act: &'static str, again: bool) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let found = store::page(&mut tx, &Filter::default(), Some(id), Paging::default()).await?;
    let job = found.rows.into_iter().next().ok_or(Error::NotFound)?;
    if !matches!(job.state, State::Failed | State::Failing) {
        return Err(Error::refused(format!("这项任务现在是「{}」，不用处理。", job.state.label())));
    }
    store::decide(&mut tx, id, again).await?;
    tx.record(Entry::new(act, "job", id, &job.about).before(&job)).await?;
    tx.commit().await?;
    Ok(see_other_done("/jobs?state=failed", "saved"))
}
