//! What waits for whom in projects.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::projects::Deal;
use crate::support::{NEXT_TOWNSHIP, form};

#[tokio::test]
async fn what_waits_stands_on_the_first_page_and_projects_follow_their_stations() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    deal.request(&path, 1).await.done();
    deal.county.get("/").await.ok().says("首期：等批准付款");
    deal.county.post(&format!("{path}/filing"), "").await.done();
    deal.city.get("/").await.ok().says("2026 年项目协议：备案等确认");
    deal.step(&path, "midterm").await.done();
    deal.appraise(&path, "midterm", "75", "补齐小组记录").await.done();
    deal.agency.get("/").await.ok().says("补齐小组记录：要整改");

    let next = deal.world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    assert_eq!(next.get(&path).await.status, StatusCode::NOT_FOUND);
    let station = format!("/stations/{}", deal.station);
    let page = deal.county.get(&format!("{station}/move")).await.ok();
    let fields = [
        ("version", page.field("version")),
        ("to", NEXT_TOWNSHIP.to_owned()),
        ("on", "2026-03-05".to_owned()),
        ("reason", "区划调整".to_owned()),
        ("confirmed", "1".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let moved = deal.county.post(&format!("{station}/move"), &form(&fields)).await;
    moved.done();
    next.get(&path).await.ok();
}
