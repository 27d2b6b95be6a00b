//! Filings to the level above: late, missing, returned.

use axum::http::StatusCode;

use crate::projects::Deal;
use crate::support::form;

#[tokio::test]
async fn what_is_filed_late_missing_or_returned_is_told() {
    let deal = Deal::new().await;
    deal.plan("510411-2026-01").await;
    deal.city.get("/filings?year=2025").await.ok().says("逾期未报");
    deal.county.post("/filings", "year=2026&document=2026-plan").await.done();
    deal.county.post("/filings", "year=2026&document=2026-plan").await.says("正在等上级确认");
    let page = deal.city.get("/filings?year=2026").await.ok();
    let id = page.html.split("href=\"/filings/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let there = format!("/filings/{id}/decision");
    assert_eq!(deal.county.post(&there, "decision=acknowledge").await.status, StatusCode::FORBIDDEN);
    deal.city.post(&there, "decision=return").await.says("请填写这一项");
    deal.city.post(&there, &form(&[("decision", "return"), ("reason", "缺资金文件")])).await.done();
    deal.county.get(&format!("/filings/{id}")).await.ok().says("缺资金文件");
    deal.file().await;
    deal.county.get(&format!("/filings/{id}")).await.ok().says("以前报送的");
    assert_eq!(deal.city.post(&there, "decision=acknowledge").await.status, StatusCode::CONFLICT);
    let path = deal.county.get("/projects").await.ok();
    let path = path.html.split("href=\"/projects/0").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = deal.county.get(&format!("/projects/0{path}/edit")).await.ok();
    let version = page.field("version");
    let more = [
        ("version", version.as_str()),
        ("number", "510411-2026-01"),
        ("name", "仁和镇社工站服务项目"),
        ("year", "2026"),
        ("category", "social_work"),
        ("method", "open"),
        ("budget", "11万"),
        ("source_kind", "fiscal"),
        ("source_amount", "11万"),
    ];
    deal.county
        .post(&format!("/projects/0{path}"), &form(&more))
        .await
        .says("已按 100,000.00 元报送备案，预算不能再改");
    let state: String = sqlx::query_scalar("select state from projects").fetch_one(&deal.world.root).await.unwrap();
    assert_eq!(state, "filed");
    deal.city.post("/filings/export", "year=2026").await.ok();
}
