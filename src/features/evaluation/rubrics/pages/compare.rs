//! Side-by-side comparison of two versions of a rubric.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::super::{
    model::{Change, Grade, Line, Rubric, State, compare},
    store,
};
use crate::{
    kernel::{Result, RubricId},
    web::{Chrome, Html, Path, Query, Visit, filters},
};

#[derive(Template)]
#[template(path = "evaluation/rubrics/compare.html")]
struct Show {
    chrome: Chrome,
    rubric: Rubric,
    other: Option<Rubric>,
    versions: Vec<(RubricId, i16, State)>,
}

impl Show {
    /// The lines of both versions, with the change from the other version to this one.
    fn lines<'a>(&'a self, other: &'a Rubric) -> Vec<(&'a Line, Change)> {
        compare(other, &self.rubric)
    }

    fn counts(&self, other: &Rubric) -> [usize; 4] {
        let lines = self.lines(other);
        let count = |wanted: fn(&Change) -> bool| lines.iter().filter(|(_, change)| wanted(change)).count();
        [
            count(|change| matches!(change, Change::Added)),
            count(|change| matches!(change, Change::Removed)),
            count(|change| matches!(change, Change::Changed(_))),
            count(|change| matches!(change, Change::Same)),
        ]
    }

    fn heads(&self, other: &Rubric) -> Vec<(&'static str, String, String)> {
        let over = |rubric: &Rubric| if rubric.bonus_over { "可以超过满分" } else { "最多到满分" }.to_owned();
        [
            ("满分", other.full().to_string(), self.rubric.full().to_string()),
            ("等级", Grade::text_of(&other.grades), Grade::text_of(&self.rubric.grades)),
            ("加分", over(other), over(&self.rubric)),
            ("说明", other.note.clone(), self.rubric.note.clone()),
        ]
        .into_iter()
        .filter(|(_, one, two)| one != two)
        .collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct With {
    with: String,
}

pub async fn show(visit: Visit, Path(id): Path<RubricId>, Query(with): Query<With>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let rubric = store::find(&mut tx, id).await?;
    let versions = store::versions(&mut tx, &rubric).await?;
    // Defaults to the previous version.
    let before = versions.iter().find(|(_, number, _)| *number < rubric.number).or(versions.first());
    let asked = with.with.parse().ok().or(before.map(|(id, ..)| *id));
    let other = match asked {
        Some(other) => Some(store::find(&mut tx, other).await?),
        None => None,
    };
    Ok(Html(Show { chrome: visit.chrome(), rubric, other, versions }).into_response())
}
