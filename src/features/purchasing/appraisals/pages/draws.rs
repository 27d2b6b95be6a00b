//! The page that draws projects for spot checks and lists earlier draws.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::super::{
    model,
    store::{self, Draw},
};
use crate::{
    access::Act,
    db::{Entry, Tx},
    features::purchasing::funds::share_of_percent,
    kernel::{Problems, ProjectId, Result, line, number, percent},
    web::{Chrome, Form, Html, Invalid, Visit, filters, form_key, key_of, see_other_done},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DrawForm {
    key: String,
    year: String,
    seed: String,
    share: String,
}

#[derive(Template)]
#[template(path = "purchasing/appraisals/draws.html")]
struct Index {
    chrome: Chrome,
    draws: Vec<Draw>,
    form: DrawForm,
    problems: Problems,
}

impl Index {
    fn share(&self, bp: &i32) -> String {
        percent(i64::from(*bp), 10_000)
    }

    async fn page(visit: &Visit, tx: &mut Tx, form: DrawForm, problems: Problems) -> Result<Self> {
        Ok(Self { chrome: visit.chrome(), draws: store::draws(tx).await?, form, problems })
    }
}

pub async fn index(visit: Visit) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let year = tx.today().year().to_string();
    let form = DrawForm { key: form_key(), year, seed: String::new(), share: "30%".to_owned() };
    Ok(Html(Index::page(&visit, &mut tx, form, Problems::default()).await?).into_response())
}

/// The smallest share that may be drawn, in basis points (Shenzhen's rule for purchased projects,
/// 2021).
const LEAST: i32 = 3000;

pub async fn draw(visit: Visit, Form(form): Form<DrawForm>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let place = visit.visitor.scope.reach.division.clone();
    let mut problems = Problems::default();
    let year = problems.check("year", number(&form.year)).filter(|year| (2000..=2100).contains(year));
    if year.is_none() && problems.on("year").is_none() {
        problems.note("year", "请填 2000 到 2100 之间的年份。");
    }
    let seed = problems.check("seed", line(&form.seed, 4, 60));
    let share = problems.check("share", share_of_percent(&form.share));
    if share.is_some_and(|share| share < LEAST) {
        problems.note("share", "抽查比例不能低于 30%。");
    }
    let candidates = store::candidates(&mut tx, &place, year.unwrap_or_default()).await?;
    if problems.is_empty() && candidates.is_empty() {
        problems.note("year", "这一年没有服务期一年以上、正在执行的项目可以抽。");
    }
    let (Some(year), Some(seed), Some(share), true) =
        (year.and_then(|year| i16::try_from(year).ok()), seed, share, problems.is_empty())
    else {
        return Ok(Invalid(Index::page(&visit, &mut tx, form, problems).await?).into_response());
    };
    if let Some(before) = tx.once(key_of(&form.key)?, "/projects/draws").await? {
        return Ok(see_other_done(&before, "again"));
    }
    let numbered: Vec<(ProjectId, String)> = candidates.iter().map(|(id, number, _)| (*id, number.clone())).collect();
    let picked = model::draw(&seed, &numbered, share);
    let ids: Vec<ProjectId> = candidates.iter().map(|(id, ..)| *id).collect();
    let id = store::keep_draw(&mut tx, &place, (year, &seed, share), &ids, &picked).await?;
    let named = |wanted: &[ProjectId]| {
        let of = candidates.iter().filter(|(id, ..)| wanted.contains(id));
        of.map(|(_, number, _)| number.clone()).collect::<Vec<_>>()
    };
    let after = json!({ "year": year, "seed": seed, "candidates": named(&ids), "picked": named(&picked) });
    tx.record(Entry::new("抽取抽查项目", "project_draw", id, format!("{year} 年项目抽查")).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done("/projects/draws", "saved"))
}
