//! The calendar of working days, which is the network's to change.

use station_network::{access::Role, kernel::Month};

use crate::reports::{Cast, FEBRUARY, path};
use crate::support::{CITY, Seen, form};

#[tokio::test]
async fn the_calendar_is_the_networks_to_change() {
    let cast = Cast::new().await;
    let city = cast.world.sign_in(Role::BureauOfficer, CITY).await;
    let due = |page: &Seen| page.html.split("2026年3月</th><td>").nth(1).unwrap()[..10].to_owned();
    assert_eq!(due(&city.get("/calendar?year=2026").await.ok()), "2026-04-08");
    city.post("/calendar", &form(&[("on", "2026-04-03"), ("works", "no"), ("name", "停电")])).await.done();
    assert_eq!(due(&city.get("/calendar?year=2026").await.ok()), "2026-04-09");
    city.post("/calendar/rule", "nth=3").await.done();
    assert_eq!(due(&city.get("/calendar?year=2026").await.ok()), "2026-04-07");
    city.post("/calendar/rule", "nth=30").await.says("1 到 20");
    let month: Month = FEBRUARY.parse().unwrap();
    assert_eq!(month.label(), "2026年2月");
    cast.head.get(&format!("{}/edit", path(cast.station, FEBRUARY))).await.ok().says("期限 2026-03-06");
}
