//! Scores: from a device that was offline, and closed until all have submitted.

use axum::http::StatusCode;
use station_network::{
    access::{Reach, Role, Scope},
    db::Mode,
    kernel::{AccountId, DivisionCode},
};
use uuid::Uuid;

use crate::evaluations::Contest;
use crate::support::{CITY, form};

/// A score waiting on a device: the line's code, the form's fields, the key of the submission.
fn waiting(code: &str, key: Uuid, version: i32, corrects: &str, fields: &[(&str, &str)]) -> serde_json::Value {
    let own = [("key", key.to_string()), ("version", version.to_string()), ("corrects", corrects.to_owned())];
    let typed = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
    serde_json::json!({ "code": code, "fields": typed.chain(own).collect::<Vec<_>>() })
}

#[tokio::test]
async fn what_waited_on_a_device_arrives_once_and_is_told_one_by_one() {
    let contest = Contest::new().await;
    contest.self_score().await;
    contest.start().await;
    let expert = contest.expert(contest.accounts[0]).await;
    let path = format!("{}/scores", contest.evaluation);
    let send = async |items: Vec<serde_json::Value>| {
        let items = serde_json::Value::Array(items).to_string();
        let seen = expert.post(&path, &form(&[("items", &items), ("at", "A1")])).await.ok();
        let told: serde_json::Value = serde_json::from_slice(&seen.bytes).unwrap();
        let states = told["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["code"].as_str().unwrap().to_owned(), one["state"].as_str().unwrap().to_owned()));
        (states.collect::<std::collections::BTreeMap<_, _>>(), told["next"].as_str().unwrap().to_owned())
    };
    let stands = async || -> Vec<(String, i64, i32)> {
        sqlx::query_as("select code, points, version from evaluation_scores order by code")
            .fetch_all(&contest.world.root)
            .await
            .unwrap()
    };
    let keys: Vec<Uuid> = (0..4).map(|_| Uuid::new_v4()).collect();
    let rows = vec![
        waiting("A1", keys[0], 0, "", &[("c.A1", "0")]),
        waiting("A2", keys[1], 0, "", &[("t.A2", "0")]),
        waiting("A9", keys[2], 0, "", &[("c.A9", "0")]),
    ];
    let (states, next) = send(rows.clone()).await;
    assert_eq!((states["A1"].as_str(), states["A2"].as_str(), states["A9"].as_str()), ("kept", "refused", "refused"));
    assert!(next.ends_with("/sheet/A2"), "{next}");
    // The answer was lost: sending the same again changes nothing.
    send(rows).await;
    assert_eq!(stands().await, [("A1".to_owned(), 4000, 1)]);
    // A score changed before the answer came names the key it corrects, and is no conflict.
    let corrected = waiting("A1", keys[3], 0, &keys[0].to_string(), &[("c.A1", "1"), ("w.A1", "部分上墙")]);
    assert_eq!(send(vec![corrected]).await.0["A1"], "kept");
    assert_eq!(stands().await, [("A1".to_owned(), 2000, 2)]);
    // Another device has saved since.
    let (states, _) = send(vec![waiting("A1", Uuid::new_v4(), 1, "", &[("c.A1", "0")])]).await;
    assert_eq!(states["A1"], "stale");
    assert_eq!(stands().await, [("A1".to_owned(), 2000, 2)]);
    assert_eq!(expert.post(&path, "items=nothing").await.status, StatusCode::CONFLICT);
    // Refused without a seat, and after the submission.
    assert_eq!(contest.head.post(&path, "items=[]").await.status, StatusCode::FORBIDDEN);
    contest.score_all().await;
    let late = serde_json::Value::Array(vec![waiting("A1", Uuid::new_v4(), 3, "", &[("c.A1", "0")])]).to_string();
    assert_eq!(expert.post(&path, &form(&[("items", &late)])).await.status, StatusCode::CONFLICT);
}

/// Scores that an evaluator can read straight from the database: are they open, and how many of
/// others' are visible.
async fn seen_by(contest: &Contest, account: Uuid) -> (bool, i64) {
    let scope = Scope {
        role: Some(Role::Evaluator),
        account: Some(AccountId(account)),
        reach: Reach { stations: Some(vec![contest.station]), ..Reach::whole(DivisionCode::parse(CITY).unwrap()) },
        ..Scope::of_system(contest.world.network, "测试")
    };
    let id = contest.evaluation.trim_start_matches("/evaluations/").parse().unwrap();
    let mut tx = contest.world.db.begin(&scope, Mode::Read).await.unwrap();
    let is_open = tx.open_scored(id).await.unwrap();
    let others = sqlx::query_scalar("select count(*) from evaluation_scores where account_id <> $1").bind(account);
    (is_open, others.fetch_one(tx.conn()).await.unwrap())
}

#[tokio::test]
async fn scores_of_others_are_not_there_until_all_have_submitted() {
    let contest = Contest::new().await;
    contest.self_score().await;
    contest.start().await;
    for account in &contest.accounts[..2] {
        let expert = contest.expert(*account).await;
        contest.sheet(&expert, "0", "独门理由七七七").await;
        expert.post(&format!("{}/sheet/submission", contest.evaluation), "comment=").await.done();
    }
    assert_eq!(seen_by(&contest, contest.accounts[0]).await, (false, 0));
    assert_eq!(seen_by(&contest, contest.accounts[2]).await, (false, 0));
    let last = contest.expert(contest.accounts[2]).await;
    contest.sheet(&last, "0", "独门理由七七七").await;
    last.post(&format!("{}/sheet/submission", contest.evaluation), "comment=").await.done();
    assert_eq!(seen_by(&contest, contest.accounts[0]).await, (true, 14));
    // An evaluator outside the panel sees none, in any state.
    let stranger = contest.world.account("专家丁", None).await;
    assert_eq!(seen_by(&contest, stranger).await, (false, 0));
}
