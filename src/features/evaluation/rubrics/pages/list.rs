//! The list of rubrics, and the page of one rubric with its lines.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::{
    super::{
        model::{Grade, Kind, Line, Rubric, State},
        store::{self, Filter, Row},
    },
    keeps,
};
use crate::{
    access::Act,
    kernel::{Listed, Paging, Result, RubricId},
    web::{Chrome, Html, Path, Query, Turn, Visit, filters, form_key},
};

#[derive(Template)]
#[template(path = "evaluation/rubrics/index.html")]
struct Index {
    chrome: Chrome,
    filter: Filter,
    rubrics: Listed<Row>,
    turn: Turn,
}

pub async fn index(visit: Visit, Query(filter): Query<Filter>, Query(paging): Query<Paging>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubrics = store::page(&mut tx, &filter, paging).await?;
    let turn = Turn::of("/rubrics", &filter, &rubrics);
    Ok(Html(Index { chrome: visit.chrome(), filter, rubrics, turn }).into_response())
}

#[derive(Template)]
#[template(path = "evaluation/rubrics/show.html")]
struct Show {
    chrome: Chrome,
    rubric: Rubric,
    versions: Vec<(RubricId, i16, State)>,
    problems: Vec<(String, String)>,
    keeps: bool,
    key: String,
}

impl Show {
    fn may_edit(&self) -> bool {
        self.keeps && self.rubric.state == State::Draft
    }

    fn indent(&self, line: &Line) -> &'static str {
        ["", "deep1", "deep2", "deep2"][self.rubric.depth(line).clamp(1, 4) - 1]
    }

    /// True if the line may get children.
    fn may_grow(&self, line: &Line) -> bool {
        self.may_edit() && line.method.is_none() && line.kind.has_points() && self.rubric.depth(line) < 3
    }

    fn problem(&self, code: &str) -> Option<&str> {
        self.problems.iter().find(|(at, _)| at == code).map(|(_, why)| why.as_str())
    }
}

pub async fn show(visit: Visit, Path(id): Path<RubricId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = store::find(&mut tx, id).await?;
    let versions = store::versions(&mut tx, &rubric).await?;
    let problems = if rubric.state == State::Draft { rubric.problems() } else { vec![] };
    let keeps = keeps(&visit, &rubric);
    let page = Show { chrome: visit.chrome(), rubric, versions, problems, keeps, key: form_key() };
    Ok(Html(page).into_response())
}
