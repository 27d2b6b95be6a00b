//! The demo network can be filled on any day of the calendar.

use station_network::{
    app::{demo, router},
    db::Clock,
};

use crate::support::{Browser, Fresh, app_on, db_on, form};

/// Critical days: the ends of a month, of February and of the year, and the days around a report's
/// due date.
pub const DAYS_THAT_MATTER: [&str; 6] =
    ["2026-10-31", "2028-02-29", "2025-12-31", "2026-01-07", "2026-01-08", "2026-01-09"];

async fn fill_in_on(day: &str) {
    let fresh = Fresh::empty().await;
    let db = db_on(&fresh.options("station_app"), Clock::set_to(format!("{day}T02:00:00Z").parse().unwrap()));
    demo::fill(&db).await.unwrap_or_else(|error| panic!("{day}: {error:?}"));
    let router = router(app_on(&db, demo::CODE).await);
    for name in ["city", "county", "township", "leader", "head", "village", "worker", "agency", "evaluator"] {
        let mut browser = Browser::on(router.clone());
        let knock = form(&[("name", name), ("password", "demo-2021-panzhihua")]);
        browser.session = browser.post("/sign-in", &knock).await.cookie("session");
        browser.get("/").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_can_be_filled_in_on_any_day() {
    for days in DAYS_THAT_MATTER.chunks(2) {
        futures_util::future::join_all(days.iter().map(|day| fill_in_on(day))).await;
    }
}
