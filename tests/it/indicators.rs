//! Indicators, changed from a month on.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::reports::{Cast, FEBRUARY, cells, path};
use crate::support::{CITY, form};

#[tokio::test]
async fn an_indicator_changes_from_a_month_on() {
    let cast = Cast::new().await;
    let city = cast.world.sign_in(Role::BureauOfficer, CITY).await;
    let edit = [
        ("from_month", "2026-03"),
        ("name", "入户走访（新口径）"),
        ("unit", "户次"),
        ("section", "visits"),
        ("definition", "新的口径说明"),
        ("most", "100"),
    ];
    city.post("/indicators/visit_households", &form(&[("from_month", "2026-02"), ("name", "x")]))
        .await
        .says("以前的月份要保持当时的口径");
    city.post("/indicators/visit_households", &form(&edit)).await.done();
    let old = cast.head.get(&format!("{}/edit", path(cast.station, FEBRUARY))).await.ok();
    assert!(!old.html.contains("新口径"));
    cast.head.get(&format!("{}/edit", path(cast.station, "2026-03"))).await.ok().says("新口径");
    let refused = cast.county.post("/indicators/visit_households", &form(&edit)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "only who reaches the whole network");

    let page = city.get("/indicators/new").await.ok();
    let new = [
        ("key", page.field("key")),
        ("from_month", "2026-03".into()),
        ("code", "elder_meals".into()),
        ("name", "助餐人次".into()),
        ("definition", "老年人助餐，按次计".into()),
        ("aggregation", "sum".into()),
        ("scale", "0".into()),
        ("section", "visits".into()),
    ];
    let new: Vec<(&str, &str)> = new.iter().map(|(name, value): &(&str, String)| (*name, value.as_str())).collect();
    city.post("/indicators", &form(&new)).await.done();
    let form_page = city.get("/forms/village").await.ok();
    form_page.says("助餐人次");
    city.post("/forms/village", &form(&[("from_month", "2026-03"), ("slot", "1"), ("slot", "42"), ("slot", "101")]))
        .await
        .done();
    let room = cast.room_head.get(&format!("{}/edit", path(cast.room, "2026-03"))).await.ok();
    assert_eq!(cells(&room).keys().map(String::as_str).collect::<Vec<_>>(), ["v1", "v101", "v42"]);
    assert!(cells(&cast.room_head.get(&format!("{}/edit", path(cast.room, FEBRUARY))).await.ok()).len() > 8);
}
