//! The readiness page of a station: every check with its judgement, and the form to judge.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::{
    model::{CHECKS, Check, missing},
    store::{self, Judged},
};
use crate::{
    access::Act,
    db::Entry,
    features::places::stations::{self, RUNGS, Station},
    kernel::{Problems, Result, StationId, line},
    web::{Chrome, Form, Html, Invalid, Path, Visit, filters, see_other_done},
};

/// A line of the page: the check, its last judgement, and the form's input.
#[derive(Debug)]
struct Line {
    check: &'static Check,
    judged: Option<Judged>,
    /// `yes`, `no` or blank.
    verdict: String,
    note: String,
}

#[derive(Template)]
#[template(path = "places/readiness/show.html")]
struct Show {
    chrome: Chrome,
    station: Station,
    lines: Vec<Line>,
    problems: Problems,
    passed: usize,
}

fn lines(judged: &[Judged], typed: Option<&[(String, String)]>) -> Vec<Line> {
    CHECKS
        .iter()
        .map(|check| {
            let judged = judged.iter().find(|judged| judged.code == check.code).cloned();
            let of = |prefix: &str| {
                let name = format!("{prefix}{}", check.code);
                typed.and_then(|typed| typed.iter().find(|(key, _)| *key == name)).map(|(_, value)| value.clone())
            };
            let verdict = of("v").unwrap_or_else(|| match &judged {
                Some(judged) if judged.passed => "yes".to_owned(),
                Some(_) => "no".to_owned(),
                None => String::new(),
            });
            let note = of("n").unwrap_or_else(|| judged.as_ref().map(|judged| judged.note.clone()).unwrap_or_default());
            Line { check, judged, verdict, note }
        })
        .collect()
}

impl Show {
    fn page(visit: &Visit, station: Station, lines: Vec<Line>, problems: Problems) -> Self {
        let passed = lines.iter().filter(|line| line.judged.as_ref().is_some_and(|judged| judged.passed)).count();
        Self { chrome: visit.chrome(), station, lines, problems, passed }
    }

    /// The checks missing for the next rung.
    fn missing(&self) -> String {
        let passed = |code: &str| {
            let judged = self.lines.iter().find(|line| line.check.code == code).and_then(|line| line.judged.as_ref());
            judged.is_some_and(|judged| judged.passed)
        };
        missing(self.station.readiness, passed).join("、")
    }

    fn next_rung(&self) -> &'static str {
        usize::try_from(self.station.readiness + 1).ok().and_then(|rung| RUNGS.get(rung).copied()).unwrap_or("")
    }

    fn judges(&self) -> bool {
        self.chrome.may(Act::CheckReadiness)
    }
}

pub async fn show(visit: Visit, Path(id): Path<StationId>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = stations::find(&mut tx, id).await?;
    let judged = store::of_station(&mut tx, id).await?;
    Ok(Html(Show::page(&visit, station, lines(&judged, None), Problems::default())).into_response())
}

pub async fn save(
    visit: Visit,
    Path(id): Path<StationId>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let station = stations::find(&mut tx, id).await?;
    let before = store::of_station(&mut tx, id).await?;
    let lines = lines(&before, Some(&typed));
    let mut problems = Problems::default();
    let mut changed = vec![];
    for line_of in &lines {
        let note = line(&line_of.note, 0, 200);
        let passed = match line_of.verdict.as_str() {
            "yes" => true,
            "no" => false,
            _ => continue,
        };
        let Ok(note) = note else {
            problems
                .note("checks", format!("{}「{}」的说明请不要超过 200 个字。", line_of.check.code, line_of.check.what));
            continue;
        };
        let same = line_of.judged.as_ref().is_some_and(|judged| judged.passed == passed && judged.note == note);
        if !same {
            changed.push((line_of.check.code.to_owned(), passed, note));
        }
    }
    if !problems.is_empty() {
        return Ok(Invalid(Show::page(&visit, station, lines, problems)).into_response());
    }
    if changed.is_empty() {
        return Ok(see_other_done(&format!("/stations/{id}/readiness"), "saved"));
    }
    let reached = store::judge(&mut tx, &station, &visit.visitor.name, &changed).await?;
    let was: Vec<_> = before.iter().map(|judged| (judged.code.as_str(), judged.passed)).collect();
    let after = serde_json::json!({ "checks": changed, "rung": reached });
    let before = serde_json::json!({ "checks": was, "rung": station.readiness });
    tx.record(Entry::new("达标检查", "station", id, &station.name).before(before).after(after)).await?;
    tx.commit().await?;
    Ok(see_other_done(&format!("/stations/{id}/readiness"), "saved"))
}
