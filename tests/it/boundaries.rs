//! Mergers and new codes of divisions, and what they do to stations and officers.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::{
    stations::build,
    support::{CITY, COUNTY, NEXT_TOWNSHIP, TOWNSHIP, World, form},
};

#[tokio::test]
async fn a_merged_township_hands_over_its_villages_stations_and_officers() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let room = build(&officer, "510411101001", "平地社工室", &[]).await;
    let township = world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    world.settle().await;
    let mut fields = vec![("into", TOWNSHIP), ("name", ""), ("on", "2024-07-01"), ("reason", "川府函〔2024〕1 号")];

    let plan = officer.post(&format!("/divisions/{NEXT_TOWNSHIP}/merger"), &form(&fields)).await.ok();
    plan.says("站点 2 个");
    plan.says("岗位授权 1 个");
    fields.push(("confirmed", "1"));
    officer.post(&format!("/divisions/{NEXT_TOWNSHIP}/merger"), &form(&fields)).await.done();
    world.settle().await;

    officer.get(&format!("/divisions/{NEXT_TOWNSHIP}")).await.ok().says("并入");
    township.get(&format!("/stations/{station}")).await.ok();
    let page = township.get(&format!("/stations/{room}")).await.ok();
    page.says("2024-06-30");
    page.says("510411101001");
    assert!(!page.html.contains("<dd>510411101001</dd>"));
    let then = officer.get("/?year=2021&basis=then").await.ok();
    then.says("平地镇</a> <span class=\"tag\">已撤并</span>");
    let covered = officer.get("/?year=2026&basis=now").await.ok();
    covered.says("共 13");
    officer.get("/?year=2021&basis=then").await.ok().says("共 14");
    let twice = officer.post(&format!("/divisions/{NEXT_TOWNSHIP}/merger"), &form(&fields)).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_county_gets_another_code_with_all_inside() {
    let world = World::new().await;
    let city = world.sign_in(Role::BureauOfficer, CITY).await;
    let county = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&county, TOWNSHIP, "仁和镇社工站", &[]).await;
    let fields =
        [("into", "510413"), ("name", "仁和新区"), ("on", "2025-01-01"), ("reason", "改区划"), ("confirmed", "1")];

    city.post(&format!("/divisions/{COUNTY}/merger"), &form(&fields)).await.done();
    world.settle().await;

    county.get("/").await.ok().says("仁和新区");
    county.get(&format!("/stations/{id}")).await.ok().says("仁和镇");
    county.get("/divisions/510413100").await.ok();
    city.get("/?year=2026").await.ok().says("仁和新区");
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused_in_words() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    for (into, why) in [
        (TOWNSHIP, "请填另一个代码"),
        ("510411", "位数要和原来的一样"),
        ("510402001", "不在您的管辖范围内"),
        ("x", "位数字"),
    ] {
        let fields = form(&[("into", into), ("on", "2024-07-01"), ("reason", "测试")]);
        let seen = officer.post(&format!("/divisions/{TOWNSHIP}/merger"), &fields).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{into}");
        seen.says(why);
    }
    let other = world.sign_in(Role::CountyOfficer, "510402").await;
    assert_eq!(other.get(&format!("/divisions/{TOWNSHIP}/merger")).await.status, StatusCode::NOT_FOUND);
}
