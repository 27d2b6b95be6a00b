//! Rules of funds, and the yearly notice of lottery money.

use std::io::{Cursor, Read};

use axum::http::StatusCode;

use crate::projects::Deal;
use crate::support::{CITY, COUNTY, form};

#[tokio::test]
async fn hard_rules_refuse_and_soft_ones_take_a_reason() {
    let deal = Deal::new().await;
    let rule = |kind: &'static str, share: &'static str, hard: &'static str| {
        form(&[
            ("kind", kind),
            ("division", CITY),
            ("share", share),
            ("is_hard", hard),
            ("since", "2025-01-01"),
            ("basis", "示例文件"),
        ])
    };
    deal.city.post("/funds/rules", &rule("assistance_cap", "3%", "hard")).await.done();
    deal.city.post("/funds/rules", &rule("co_link", "10%", "soft")).await.done();
    deal.city.post("/funds/rules", &rule("co_link", "10%", "soft")).await.says("已经有同一种规则");
    deal.city.post("/funds/rules", &rule("staff_growth", "五", "soft")).await.says("请填写百分比");

    let relief = [("source_kind", "assistance"), ("source_amount", "100,000")];
    let unknown = deal.try_plan("A-1", &relief).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    unknown.says("还没有登记 2025 年困难群众救助支出");
    let spent = |amount| form(&[("division", COUNTY), ("year", "2025"), ("amount", amount)]);
    deal.county.post("/funds/assistance", &spent("3,333,333.33")).await.done();
    let over = deal.try_plan("A-1", &relief).await;
    over.says("即 99,999.99 元，超过了。本项目最多还能用 99,999.99 元");
    over.says("value=\"A-1\"");
    deal.county.post("/funds/assistance", &spent("3,333,333.34")).await.done();
    let soft = deal.try_plan("A-1", &relief).await;
    assert_eq!(soft.status, StatusCode::UNPROCESSABLE_ENTITY, "now only a reason is missing");
    soft.says("请写明原因");
    let id = soft.html.split("name=\"rule\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut fields = relief.to_vec();
    fields.extend([("rule", id.as_str()), ("reason", "机构刚成立，明年补足")]);
    let path = deal.try_plan("A-1", &fields).await.done();
    deal.county.get(&path).await.ok().says("机构刚成立，明年补足");
    deal.city.get("/money").await.ok().says("机构刚成立，明年补足");
    // The county's rules may be stricter than the city's, not looser.
    let looser = form(&[
        ("kind", "assistance_cap"),
        ("division", COUNTY),
        ("share", "50%"),
        ("is_hard", "soft"),
        ("since", "2025-01-01"),
        ("basis", "县里文件"),
    ]);
    deal.county.post("/funds/rules", &looser).await.done();
    // A county has one fund per year, so nothing is left for a second project.
    let second = deal
        .try_plan(
            "A-2",
            &[("source_kind", "assistance"), ("source_amount", "100,000"), ("rule", &id), ("reason", "机构刚成立")],
        )
        .await;
    second.says("本项目最多还能用 0.00 元");
}

#[tokio::test]
async fn the_notice_of_lottery_money_has_its_four_headings() {
    let deal = Deal::new().await;
    let lottery = [("source_kind", "lottery"), ("source_amount", "100,000"), ("lottery_purpose", "elderly")];
    let path = deal.try_plan("L-1", &lottery).await.done().split('?').next().unwrap().to_owned();
    deal.file().await;
    deal.step(&path, "procure").await.done();
    deal.write_contract(&path).await;
    deal.step(&path, "contract").await.done();
    let page = deal.city.get("/money/notice?year=2026").await.ok();
    for words in ["一、规模", "二、内容", "三、执行情况", "四、效果", "用于扶老", "壹拾万元整"]
    {
        page.says(words);
    }
    let document = deal.city.post("/money/notice", "year=2026").await.ok();
    let mut archive = zip::ZipArchive::new(Cursor::new(document.bytes)).unwrap();
    let mut text = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("四、效果") && text.contains("仁和镇社工站服务项目"));
    deal.city.get("/money").await.ok().says("福利彩票公益金");
    deal.city.post("/money/export", "").await.ok();
    let agency = format!("/agencies/{}/projects", deal.agency_id);
    deal.agency.get(&agency).await.ok().says("仁和镇社工站服务项目");
    deal.agency.post(&format!("{agency}/export"), "").await.ok();
    let other = deal.world.agency("别家机构").await;
    assert_eq!(deal.agency.get(&format!("/agencies/{other}/projects")).await.status, StatusCode::NOT_FOUND);
}
