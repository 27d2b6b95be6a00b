//! Satisfaction surveys: single-use slips, anonymous answers, and results that score the linked
//! rubric lines.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::{
    evaluations::{Contest, LINES},
    support::{Browser, CITY, NEXT_TOWNSHIP, form},
};

/// A contest over the usual rubric, with its satisfaction line linked to the client survey.
async fn contest() -> Contest {
    let mut lines = LINES;
    lines[3][10] = "服务对象满意度（调查）";
    Contest::over(&lines).await
}

/// Opens a survey with two questions for clients.
async fn begin(contest: &Contest) {
    let fields = [
        ("version", "0"),
        ("opens_on", "2026-03-01"),
        ("closes_on", "2026-03-31"),
        ("clients", "社工的态度怎么样？\n服务对您有帮助吗？"),
        ("purchasers", "服务按约定完成了吗？"),
        ("executors", "站里的管理怎么样？"),
    ];
    contest.county.post(&format!("{}/survey", contest.round), &form(&fields)).await.done();
}

async fn slips(contest: &Contest, count: &str) -> Vec<String> {
    let path = format!("{}/survey/clients/slips", contest.evaluation);
    contest.county.post(&path, &form(&[("slips", count)])).await.done();
    let page = contest.county.get(&format!("{path}?size=100")).await.ok();
    let addresses = page.html.split("class=\"address\">").skip(1);
    addresses
        .map(|rest| format!("/survey/{}", rest.split('<').next().unwrap().split("/survey/").nth(1).unwrap()))
        .collect()
}

/// Enters paper questionnaires with two questions for a party.
async fn type_in(contest: &Contest, rows: &[(&str, &str)]) {
    let path = format!("{}/survey/clients/entry", contest.evaluation);
    let key = contest.county.get(&path).await.ok().field("key");
    let mut fields = vec![
        ("key".to_owned(), key),
        ("channel".to_owned(), "paper".to_owned()),
        ("by".to_owned(), "周调查".to_owned()),
    ];
    for (row, (one, two)) in rows.iter().enumerate() {
        fields.push((format!("r.{row}.0"), (*one).to_owned()));
        fields.push((format!("r.{row}.1"), (*two).to_owned()));
        fields.push((format!("w.{row}"), "人手太少七七七".to_owned()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    contest.county.post(&path, &form(&fields)).await.done();
}

async fn close(contest: &Contest) {
    contest.county.post(&format!("{}/survey/closing", contest.round), "").await.done();
}

async fn count(contest: &Contest, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(&contest.world.root).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_answered_once_by_nobody_in_particular() {
    let contest = contest().await;
    begin(&contest).await;
    let slips = slips(&contest, "3").await;
    assert_eq!(slips.len(), 3);
    let client = contest.world.stranger();
    let page = client.get(&slips[0]).await.ok();
    page.says("仁和镇社工站满意度调查");
    page.says("服务对您有帮助吗？");
    // An incomplete questionnaire keeps its choices.
    let seen = client.post(&slips[0], "r.0=4&words=来得勤").await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("第 2 题还没有选");
    seen.says("来得勤");
    assert!(seen.html.contains("name=\"r.0\" value=\"4\" checked"));
    client.post(&slips[0], "r.0=4&r.1=5").await.done();
    client.get(&slips[0]).await.ok().says("问卷已经收到");
    client.post(&slips[0], "r.0=1&r.1=1").await.done();
    // Two simultaneous submissions of an unused slip give one answer: both wait for its row.
    let mut held = contest.world.root.begin().await.unwrap();
    sqlx::query("select from survey_slips for update").execute(&mut *held).await.unwrap();
    let press =
        |client: Browser, path: String| tokio::spawn(async move { client.post(&path, "r.0=5&r.1=0").await.done() });
    let presses = [(); 2].map(|()| press(client.clone(), slips[1].clone()));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    held.rollback().await.unwrap();
    for press in presses {
        press.await.unwrap();
    }
    assert_eq!(count(&contest, "select count(*) from survey_answers").await, 2);
    assert_eq!(count(&contest, "select count(*) from survey_slips where is_used").await, 2);
    // An answer stores no time, IP address or slip; its audit row names neither account nor IP
    // address.
    let columns: Vec<String> = sqlx::query_scalar(
        "select column_name::text from information_schema.columns where table_name = 'survey_answers' order by 1",
    )
    .fetch_all(&contest.world.root)
    .await
    .unwrap();
    let known = [
        "channel",
        "division",
        "entered_by",
        "evaluation_id",
        "id",
        "network_id",
        "party",
        "ratings",
        "round_id",
        "station_id",
        "words",
    ];
    assert_eq!(columns, known);
    let told = "select count(*) from audit where act = '收到满意度问卷' and address = '' and request_id = '' and account_id is null";
    assert_eq!(count(&contest, told).await, 2);
    // An unknown slip is not found, in any network.
    for path in ["/survey/test/0123456789abcdef", "/survey/nowhere/0123456789abcdef"] {
        assert_eq!(client.get(path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(client.post(path, "r.0=5&r.1=5").await.status, StatusCode::NOT_FOUND);
    }
    close(&contest).await;
    client.get(&slips[2]).await.ok().says("已经结束");
    client.post(&slips[2], "r.0=5&r.1=5").await.done();
    assert_eq!(count(&contest, "select count(*) from survey_answers").await, 2);
}

#[tokio::test]
async fn fewer_than_five_answers_stay_hidden_and_five_answer_their_line() {
    let contest = contest().await;
    let (county, head, path) = (&contest.county, &contest.head, &contest.evaluation);
    begin(&contest).await;
    // The self-evaluation skips a line that the survey answers.
    head.get(&format!("{path}/self/A")).await.ok().says("由满意度调查得出");
    contest.self_score().await;
    contest.start().await;
    type_in(&contest, &[("5", "5"), ("4", "4"), ("3", "0"), ("5", "4")]).await;
    let answers = "insert into survey_results select network_id, evaluation_id, party, round_id, station_id, division, 4, 30, 7 from survey_answers limit 1";
    assert_eq!(contest.refused(answers.to_owned()).await, "survey_results_hides_few");
    let page = county.get(&format!("{path}/survey")).await.ok();
    assert!(!page.html.contains("人手太少"), "while it is open nobody reads what was written");
    // One unreadable row stops all from being saved.
    let key = county.get(&format!("{path}/survey/clients/entry")).await.ok().field("key");
    let fields =
        [("key", key.as_str()), ("channel", "phone"), ("by", "周调查"), ("r.0.0", "5"), ("r.0.1", "9"), ("r.1.0", "5")];
    let seen = county.post(&format!("{path}/survey/clients/entry"), &form(&fields)).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("第 1 份：第 2 题填的「9」不对");
    seen.says("第 2 份：第 2 题还没有选");
    assert_eq!(count(&contest, "select count(*) from survey_answers").await, 4);
    type_in(&contest, &[("2", "4")]).await;
    // Questions with answers can no longer change.
    let version = county.get(&format!("{}/survey/edit", contest.round)).await.ok().field("version");
    let fields = [
        ("version", version.as_str()),
        ("opens_on", "2026-03-01"),
        ("closes_on", "2026-03-31"),
        ("clients", "换一题"),
        ("purchasers", "服务按约定完成了吗？"),
        ("executors", "站里的管理怎么样？"),
    ];
    let seen = county.post(&format!("{}/survey", contest.round), &form(&fields)).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    close(&contest).await;
    // 36 of 9 × 5 is 80 %, which gives half of four points.
    let page = county.get(&format!("{path}/survey")).await.ok();
    page.says("80%");
    page.says("人手太少七七七");
    let expert = contest.expert(contest.accounts[0]).await;
    expert.get(&format!("{path}/sheet/A3")).await.ok().says("服务对象问卷 5 份，满意度 80%");
    contest.score(&expert, "A3", &[("n.A3", "36"), ("d.A3", "45")]).await.done();
    // The station sees the percentage at once, but comments only after the release.
    let page = head.get(&format!("{path}/survey")).await.ok();
    page.says("80%");
    assert!(!page.html.contains("人手太少"));
    assert_eq!(county.post(&format!("{}/survey/closing", contest.round), "").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn four_answers_are_told_to_nobody() {
    let contest = contest().await;
    begin(&contest).await;
    contest.self_score().await;
    type_in(&contest, &[("5", "5"), ("4", "4"), ("3", "3"), ("5", "4")]).await;
    close(&contest).await;
    let page = contest.county.get(&format!("{}/survey", contest.evaluation)).await.ok();
    page.says("不满 5 份，不公开");
    assert!(!page.html.contains("人手太少"));
    let bound = "select count(*) from self_scores where code = 'A3'";
    assert_eq!(count(&contest, bound).await, 0);
    let shown = contest.county.post(&format!("{}/survey/export", contest.round), "").await.ok();
    assert!(!shown.bytes.is_empty());
    assert_eq!(count(&contest, "select count(*) from survey_results where sum is not null").await, 0);
}

#[tokio::test]
async fn only_who_leads_the_round_makes_slips_and_types_answers() {
    let contest = contest().await;
    begin(&contest).await;
    let outside: [(Browser, StatusCode); 3] = [
        (contest.head.clone(), StatusCode::FORBIDDEN),
        (contest.world.sign_in(Role::Leader, CITY).await, StatusCode::FORBIDDEN),
        (contest.world.sign_in(Role::CountyOfficer, "510402").await, StatusCode::NOT_FOUND),
    ];
    for (person, status) in outside {
        for path in [
            format!("{}/survey/clients/slips", contest.evaluation),
            format!("{}/survey/clients/entry", contest.evaluation),
            format!("{}/survey", contest.round),
        ] {
            assert_eq!(person.get(&path).await.status, status, "{path}");
            assert_eq!(person.post(&path, "slips=3").await.status, status, "{path}");
        }
    }
    let next = contest.world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    assert_eq!(next.get(&format!("{}/survey", contest.evaluation)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_round_is_scored_by_is_fixed_once_a_station_is_moderated() {
    let contest = Contest::new().await;
    let (county, round) = (&contest.county, &contest.round);
    contest.self_score().await;
    contest.start().await;
    contest.score_all().await;
    county
        .post(&format!("{}/moderation/A1", contest.evaluation), &form(&[("points", "3"), ("words", "现场复看后定")]))
        .await
        .done();
    county.post(&format!("{}/moderation", contest.evaluation), "").await.done();
    let change = async |spread: &str, until: &str| {
        let version = county.get(&format!("{round}/edit")).await.ok().field("version");
        let fields = [
            ("version", version.as_str()),
            ("year", "2026"),
            ("name", "2026 年评估"),
            ("self_until", "2026-03-20"),
            ("onsite_from", "2026-03-21"),
            ("onsite_until", until),
            ("ends_on", "2026-04-30"),
            ("notice_days", "7"),
            ("appeal_days", "5"),
            ("scorers", "3"),
            ("needs_finance", "yes"),
            ("combination", "mean"),
            ("spread", spread),
            ("weight", "60"),
            ("weight", "25"),
            ("weight", "15"),
        ];
        county.post(round, &form(&fields)).await
    };
    let seen = change("90%", "2026-03-31").await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("已经有站点完成合议");
    change("40%", "2026-04-10").await.done();
}
