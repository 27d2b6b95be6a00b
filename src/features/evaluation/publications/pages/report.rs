//! Export of the evaluation report of a final round as a Word document.

use axum::response::Response;
use serde_json::json;

use super::{
    super::{report, store},
    led_final,
};
use crate::{
    db::Entry,
    features::evaluation::{evaluations, rubrics, scoring, surveys},
    kernel::{Result, RoundId},
    web::{Path, Visit},
};

pub async fn export(visit: Visit, Path(id): Path<RoundId>) -> Result<Response> {
    let mut tx = visit.begin_export().await?;
    let round = led_final(&mut tx, &visit, id).await?;
    let rubric = rubrics::find(&mut tx, round.rubric).await?;
    let results = scoring::results(&mut tx, id, None).await?;
    let satisfaction = surveys::satisfaction(&mut tx, id).await?;
    let facts = store::facts(&mut tx, id).await?;
    let subjects = evaluations::subjects(&mut tx, id).await?;
    let authority = visit.authority_of(&round.division, &round.division_name);
    let title = format!("{}{}报告", round.division_name, round.name);
    let day = tx.today().in_words();
    let told = report::Told {
        round: &round,
        rubric: &rubric,
        results: &results,
        satisfaction: &satisfaction,
        facts,
        day: &day,
    };
    let document = report::document(&title, &told, subjects.len(), [&authority, &day]);
    tx.record(Entry::new("生成评估报告", "evaluation_round", id, &title).after(json!({ "stations": results.len() })))
        .await?;
    tx.commit().await?;
    document.finish(&title)
}
