//! Receives scores queued on an offline device (`static/offline.js`), several at once, and
//! reports the outcome of each. A score that was sent before is written only once.

use std::collections::BTreeMap;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::store::{self, NewScore},
    sheet::{SUBMITTED, Seated, read},
};
use crate::{
    db::Entry,
    features::evaluation::evaluations::Typed,
    kernel::{Error, EvaluationId, Result},
    web::{Form, Path, Visit},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct QueueForm {
    /// A list of [`Item`], as JSON.
    items: String,
    /// The last line filled in; the next open line is searched from there.
    at: String,
}

/// A line filled in on a device, as the fields of its form.
#[derive(Clone, Debug, Deserialize)]
struct Item {
    code: String,
    fields: Vec<(String, String)>,
}

/// The outcome for one line.
#[derive(Clone, Debug, Serialize)]
struct Told {
    code: String,
    /// The key of the submission.
    key: String,
    state: &'static str,
    /// The reason for refusing it, as text.
    why: String,
    /// The stored version and its content.
    version: i32,
    theirs: String,
}

/// Maximum number of lines in one request.
const MOST: usize = 200;

pub async fn send(visit: Visit, Path(id): Path<EvaluationId>, Form(form): Form<QueueForm>) -> Result<Response> {
    let items: Vec<Item> = serde_json::from_str(&form.items)
        .ok()
        .filter(|items: &Vec<Item>| items.len() <= MOST)
        .ok_or_else(|| Error::refused("评分没有完整收到。请刷新页面再上传。"))?;
    let mut tx = visit.begin().await?;
    let seated = Seated::find(&mut tx, &visit, id).await?;
    if !seated.may_write() {
        return Err(Error::refused(SUBMITTED));
    }
    // The last entry for a line wins.
    let last: BTreeMap<String, Typed> = items.into_iter().map(|item| (item.code, Typed(item.fields))).collect();
    let mut told = vec![];
    let mut scores: Vec<NewScore> = vec![];
    for (code, typed) in &last {
        let line = seated.rubric.leaves().find(|line| line.code == *code);
        let score = line.ok_or_else(|| "评分细则里没有这一项。".to_owned()).and_then(|line| read(&seated, line, typed));
        match score {
            Ok(score) => scores.push(score),
            Err(why) => told.push(Told {
                code: code.clone(),
                key: typed.get("key").to_owned(),
                state: "refused",
                why,
                version: 0,
                theirs: String::new(),
            }),
        }
    }
    let stale = store::put_scores(&mut tx, seated.rubric.id, &seated.evaluation, seated.account, &scores).await?;
    for score in &scores {
        let is_stale = stale.contains(&score.code);
        let mine = seated.mine(&score.code).filter(|_| is_stale);
        let line = seated.rubric.line(&score.code);
        let theirs = mine.zip(line).map(|(given, line)| match given.reason.as_str() {
            "" => line.words_of(&given.points),
            reason => format!("{}（{reason}）", line.words_of(&given.points)),
        });
        let theirs = theirs.unwrap_or_default();
        told.push(Told {
            code: score.code.clone(),
            key: score.key.to_string(),
            state: if is_stale { "stale" } else { "kept" },
            why: if is_stale { format!("别的设备上已经评过这一项：{theirs}。") } else { String::new() },
            version: mine.map_or(0, |given| given.version),
            theirs,
        });
    }
    let kept: Vec<&NewScore> = scores.iter().filter(|score| !stale.contains(&score.code)).collect();
    if !kept.is_empty() {
        let line = |score: &&NewScore| json!({ "line": score.code, "points": score.points, "answer": score.answer, "reason": score.reason });
        let after: Vec<_> = kept.iter().map(line).collect();
        let entry = Entry::new("专家评分", "evaluation", id, &seated.evaluation.station_name);
        tx.record(entry.after(json!({ "lines": after }))).await?;
        tx.commit().await?;
    }
    let codes: Vec<&str> = kept.iter().map(|score| score.code.as_str()).collect();
    let next = seated.next_open(&form.at, &codes);
    Ok(Json(json!({ "items": told, "next": next })).into_response())
}
