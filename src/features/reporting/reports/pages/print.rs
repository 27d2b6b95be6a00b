//! The official sheet of one report, printed on A4.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::fill::Loaded;
use crate::{
    features::reporting::{
        indicators::{Aggregation, Section, targets_of},
        reports::{
            model::{Content, Step, TEXTS, value_in},
            store::{self, Report, StepRow},
        },
    },
    kernel::{Day, Error, Month, Result, StationId, percent},
    web::{Chrome, Html, Path, Visit, filters},
};

/// A line: name, unit, this month, this year so far, yearly target, share done.
#[derive(Debug)]
struct Line {
    name: String,
    unit: String,
    month: String,
    year: String,
    target: String,
    done: String,
}

#[derive(Template)]
#[template(path = "reporting/reports/print.html")]
struct Print {
    chrome: Chrome,
    report: Report,
    blocks: Vec<(Section, Vec<Line>)>,
    texts: Vec<(&'static str, String)>,
    /// Steps with their actors, for the signature line.
    steps: Vec<StepRow>,
    is_approved: bool,
    today: Day,
}

impl Print {
    fn signed(&self, desk: &str) -> String {
        let by = self.steps.iter().rev().find(|step| match desk {
            "author" => step.act == Step::Submit,
            _ => step.act == Step::Pass && step.from.desk().is_some_and(|at| at.as_str() == desk),
        });
        by.map_or_else(String::new, |step| format!("{} {}", step.actor, Day::of(step.at)))
    }
}

pub async fn show(visit: Visit, Path((station, month)): Path<(StationId, Month)>) -> Result<Response> {
    let mut tx = visit.begin().await?;
    let loaded = Loaded::load(&mut tx, &visit, station, month).await?;
    let report = &loaded.report;
    let content: Content = match (&report.approved, loaded.stance.sees_drafts) {
        (Some(approved), false) => approved.clone(),
        (_, true) if report.is_begun => loaded.content(),
        _ => return Err(Error::NotFound),
    };
    let steps = store::steps(&mut tx, report).await?;
    let targets = targets_of(report.level);
    // Months of this year before this one.
    let months = i32::try_from(month.number()).unwrap_or(1) - 1;
    let blocks = loaded.form.sections.iter().map(|(section, indicators)| {
        let lines = indicators.iter().map(|indicator| {
            let slot = indicator.slot;
            let own = content.value(slot);
            let before = (1..=months).filter_map(|ago| value_in(loaded.around.before.get(&ago)?, slot));
            let year = match indicator.aggregation {
                Aggregation::Sum => {
                    let before: i64 = before.sum();
                    (own.is_some() || before > 0).then(|| before + own.unwrap_or(0))
                }
                Aggregation::Stock => own,
                Aggregation::Distinct | Aggregation::Ratio => None,
            };
            let target = targets.iter().find(|(code, _)| *code == indicator.code).map(|(_, target)| *target);
            Line {
                name: indicator.name.clone(),
                unit: indicator.unit.clone(),
                month: match own {
                    Some(own) => indicator.text(&own),
                    None if content.na.contains(&slot) => "不适用".to_owned(),
                    None => String::new(),
                },
                year: year.map_or_else(|| "—".to_owned(), |year| indicator.text(&year)),
                target: target.map_or_else(String::new, |target| indicator.text(&target)),
                done: target.zip(year).map_or_else(String::new, |(target, year)| percent(year, target)),
            }
        });
        (*section, lines.collect::<Vec<_>>())
    });
    let blocks = blocks.collect();
    let page = Print {
        chrome: visit.chrome(),
        blocks,
        texts: TEXTS
            .iter()
            .map(|(key, label, ..)| (*label, content.texts.get(*key).cloned().unwrap_or_default()))
            .collect(),
        steps,
        is_approved: report.approved.is_some() && !report.state().is_open(),
        today: tx.today(),
        report: loaded.report,
    };
    Ok(Html(page).into_response())
}
