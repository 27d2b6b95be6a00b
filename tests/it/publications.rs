//! Publications of a final round: rectification orders, plaques, letters, the report; and the
//! payments and renewals that a failed evaluation holds back.

use std::io::Read;

use axum::http::StatusCode;
use station_network::access::Role;

use crate::{
    evaluations::Contest,
    projects::Deal,
    staff::PDF,
    support::{Browser, CITY, NEXT_TOWNSHIP, Seen, form},
};

/// Signs in on the day the round became final.
async fn signed_in(contest: &Contest, role: Role, place: &str) -> Browser {
    let browser = contest.world.sign_in(role, place).await;
    contest.turn_to(FINAL).await;
    browser
}

const FINAL: &str = "2026-03-18T04:00:00Z";

/// A final round: 7.3 of 10 points, A1 at 3 of 4, half a point deducted.
async fn finished() -> Contest {
    let contest = Contest::new().await;
    let (county, path, round) = (&contest.county, &contest.evaluation, &contest.round);
    contest.self_score().await;
    contest.start().await;
    contest.score_all().await;
    county.post(&format!("{path}/moderation/A1"), &form(&[("points", "3"), ("words", "现场复看后定")])).await.done();
    county.post(&format!("{path}/moderation"), "").await.done();
    for early in ["rectifications", "letters"] {
        assert_eq!(county.get(&format!("{round}/{early}")).await.status, StatusCode::CONFLICT, "{early}");
    }
    assert_eq!(contest.head.get(&format!("{round}/plaques")).await.status, StatusCode::NOT_FOUND);
    county.post(&format!("{round}/release"), "").await.done();
    contest.turn_to("2026-03-13T04:00:00Z").await;
    county.post(&format!("{round}/moves"), "step=hear").await.done();
    contest.turn_to(FINAL).await;
    county.post(&format!("{round}/moves"), "step=finalize").await.done();
    contest
}

/// Path of the rectification order issued for a line.
async fn order(contest: &Contest, code: &str) -> String {
    let id = contest.evaluation.trim_start_matches("/evaluations/");
    let due = form(&[
        ("below", "80"),
        ("pick", &format!("{id}:{code}")),
        ("due_on", "2026-05-31"),
        ("demand", "制度上墙，附照片"),
    ]);
    contest.county.post(&format!("{}/rectifications", contest.round), &due).await.done();
    let page = contest.county.get("/rectifications").await.ok();
    let id = page.html.split("class=\"name\"><a href=\"").nth(1).unwrap().split('"').next().unwrap();
    id.to_owned()
}

fn document(seen: &Seen) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(seen.bytes.clone())).unwrap();
    let mut xml = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    xml
}

#[tokio::test]
async fn a_low_line_is_ordered_planned_reported_returned_and_closed() {
    let contest = finished().await;
    let (county, head, round) = (&contest.county, &contest.head, &contest.round);
    let page = county.get(&format!("{round}/rectifications?below=80")).await.ok();
    page.says("得 3 分，满分 4 分");
    page.says("扣 0.5 分");
    let seen = county
        .post(&format!("{round}/rectifications"), &form(&[("below", "80"), ("due_on", "2026-01-01"), ("demand", "改")]))
        .await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("整改期限要晚于今天");
    seen.says("请勾选要整改的指标");
    let path = order(&contest, "A1").await;
    // No line gets a second order.
    assert!(!county.get(&format!("{round}/rectifications?below=80")).await.ok().html.contains("得 3 分，满分 4 分"));
    let page = head.get(&path).await.ok();
    page.says("独门理由七七七");
    page.says("制度上墙，附照片");
    head.get("/").await.ok().says("整改等您办理");
    // The steps keep their order: no result before measures, no closing before a result.
    assert_eq!(
        head.upload_with(&format!("{path}/report"), &[("proof", "已经全部上墙")], "a.pdf", PDF).await.status,
        StatusCode::CONFLICT
    );
    let close = form(&[("step", "close"), ("words", "同意")]);
    assert_eq!(county.post(&format!("{path}/moves"), &close).await.status, StatusCode::CONFLICT);
    assert_eq!(head.post(&format!("{path}/moves"), &close).await.status, StatusCode::FORBIDDEN);
    assert_eq!(head.post(&format!("{path}/measures"), "measures=改").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    head.post(&format!("{path}/measures"), &form(&[("measures", "四月底前全部上墙，站长负责")])).await.done();
    let seen = head.upload_with(&format!("{path}/report"), &[("proof", "已经全部上墙")], "", b"").await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("已经全部上墙");
    head.upload_with(&format!("{path}/report"), &[("proof", "已经全部上墙")], "a.pdf", PDF).await.done();
    let seen = county
        .post(&format!("{path}/moves"), &form(&[("step", "return"), ("words", "还差一项"), ("due_on", "2026-01-02")]))
        .await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    county
        .post(&format!("{path}/moves"), &form(&[("step", "return"), ("words", "还差一项"), ("due_on", "2026-06-30")]))
        .await
        .done();
    head.get(&path).await.ok().says("还差一项");
    head.upload_with(&format!("{path}/report"), &[("proof", "最后一项也上墙了")], "a.pdf", PDF).await.done();
    let file = head.get(&path).await.ok();
    let file = file.html.split("/files/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    head.get(&format!("{path}/files/{file}")).await.ok();
    let stranger = signed_in(&contest, Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&format!("{path}/files/{file}")).await.status, StatusCode::NOT_FOUND);
    county.post(&format!("{path}/moves"), &close).await.done();
    assert_eq!(
        county.post(&format!("{path}/moves"), &form(&[("step", "withdraw"), ("words", "不用了")])).await.status,
        StatusCode::CONFLICT
    );
    let open: (i16, i16) =
        sqlx::query_as("select orders, open_orders from station_grades").fetch_one(&contest.world.root).await.unwrap();
    assert_eq!(open, (1, 0));
    let skipped = "insert into rectification_order_steps (network_id, order_id, station_id, division, seq, act, from_position, to_position, seq_before, actor, at) select network_id, order_id, station_id, division, 99, 'close', 'reported', 'closed', 98, 'x', at from rectification_order_steps limit 1";
    assert_eq!(contest.refused(skipped.to_owned()).await, "rectification_order_steps_before");
}

#[tokio::test]
async fn letters_prove_themselves_to_whoever_holds_one() {
    let contest = finished().await;
    let (county, head, path, round) = (&contest.county, &contest.head, &contest.evaluation, &contest.round);
    assert_eq!(head.get(&format!("{path}/letter")).await.status, StatusCode::CONFLICT);
    county.post(&format!("{round}/letters"), &form(&[("prefix", "仁评〔2026〕")])).await.done();
    let page = head.get(&format!("{path}/letter")).await.ok();
    page.says("仁评〔2026〕1号");
    page.says("7.3");
    let code = page.html.split("验证码：<strong>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let stranger = contest.world.stranger();
    let network: String =
        sqlx::query_scalar("select code from networks limit 1").fetch_one(&contest.world.root).await.unwrap();
    stranger.get(&format!("/letters/{network}")).await.ok().says("16 位字母和数字");
    for typed in [code.clone(), code.to_lowercase().replace('-', "")] {
        let seen = stranger.get(&format!("/letters/{network}?code={typed}")).await.ok();
        seen.says("验证码属实");
        seen.says("仁评〔2026〕1号");
        seen.says("7.3 分");
        assert!(!seen.html.contains("独门理由七七七"));
    }
    stranger.get(&format!("/letters/{network}?code=0000-0000-0000-0000")).await.ok().says("没有这个验证码");
    assert_eq!(stranger.get("/letters/nowhere?code=x").await.status, StatusCode::NOT_FOUND);
    let outside = signed_in(&contest, Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    assert_eq!(outside.get(&format!("{path}/letter")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn plaques_go_by_grade_and_the_report_tells_the_round() {
    let contest = finished().await;
    let (county, round) = (&contest.county, &contest.round);
    let award =
        |grade: &'static str| form(&[("grade", grade), ("plaque_on", "2026-03-18"), ("valid_until", "2029-03-20")]);
    let seen = county.post(&format!("{round}/plaques"), &award("优秀")).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("没有新增");
    county.post(&format!("{round}/plaques"), &award("不合格")).await.says("最低一档不授牌");
    county.post(&format!("{round}/plaques"), &award("合格")).await.done();
    let leader = signed_in(&contest, Role::Leader, CITY).await;
    leader.get(&format!("{round}/plaques")).await.ok().says("2026-001");
    let back = |why: &str| form(&[("words", why)]);
    let path = format!("{}/plaque/revocation", contest.evaluation);
    assert_eq!(county.post(&path, &back("")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    county.post(&path, &back("举报属实，材料作假")).await.done();
    assert_eq!(county.post(&path, &back("举报属实，材料作假")).await.status, StatusCode::CONFLICT);
    leader.get(&format!("{round}/plaques")).await.ok().says("举报属实");
    assert_eq!(leader.post(&format!("{round}/report"), "").await.status, StatusCode::FORBIDDEN);
    let text = document(&county.post(&format!("{round}/report"), "").await.ok());
    for words in ["2026 年评估报告", "仁和镇社工站", "7.3", "合格 1 个（100%）", "制度：平均得分率 75%"]
    {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("专家甲"));
}

#[tokio::test]
async fn what_is_open_reappears_in_the_next_evaluation_and_holds_back_what_failed() {
    let contest = finished().await;
    let path = order(&contest, "A1").await;
    // Make it a failed evaluation: the lowest grade holds payments until all orders are closed.
    sqlx::query("update station_grades set is_failed = true, holds_payment = true, holds_renewal = true")
        .execute(&contest.world.root)
        .await
        .unwrap();
    let city = signed_in(&contest, Role::BureauOfficer, CITY).await;
    let agency = signed_in(&contest, Role::AgencyManager, CITY).await;
    let (county, station, root) = (contest.county, contest.station, contest.world.root.clone());
    let deal = Deal {
        city,
        agency,
        agency_id: contest.world.agency("承接机构").await.to_string(),
        county: county.clone(),
        world: contest.world,
        station,
    };
    let (project, next) = (deal.plan("510411-2026-01").await, deal.plan("510411-2026-02").await);
    deal.file().await;
    for path in [&project, &next] {
        deal.step(path, "procure").await.done();
        deal.write_contract(path).await;
    }
    deal.step(&project, "contract").await.done();
    deal.agency.upload_with(&format!("{project}/payments/1/request"), &[("invoice", "05021700")], "", b"").await.done();
    county.get(&format!("{project}/payments")).await.ok().says("1 条整改还有 1 条没有销号");
    let seen = county.post(&format!("{project}/payments/1/approval"), "").await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("整改全部销号以前不能批准付款");
    // The same agency gets no new contract for the station either.
    assert_eq!(deal.step(&next, "contract").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    county.get(&next).await.ok().says("整改全部销号以前不能和原来的机构续签");
    county.post(&format!("{path}/moves"), &form(&[("step", "withdraw"), ("words", "改为下一年办理")])).await.done();
    county.get(&format!("{project}/payments")).await.ok().says("还没有下达整改");
    sqlx::query("update station_grades set orders = 1").execute(&root).await.unwrap();
    county.post(&format!("{project}/payments/1/approval"), "").await.done();
    deal.step(&next, "contract").await.done();
}
