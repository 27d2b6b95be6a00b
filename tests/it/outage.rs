//! Bad days: the database away, too much sent, a wrong turn. Each has its page.

use std::{path::Path, sync::Arc};

use axum::http::StatusCode;
use station_network::{
    access::Role,
    app::{
        cluster::{Cluster, Keep},
        config, migrate, router,
    },
    db::{Clock, Db},
    web::App,
};
use tokio::sync::Semaphore;

use crate::support::{Browser, CITY, COUNTY, World};

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_pages_say_so_and_then_recover_by_themselves() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outage");
    let _ = std::fs::remove_dir_all(&directory);
    let mut cluster = Cluster::start(&directory, Keep::Lasting).unwrap();
    cluster.prepare("outage").await.unwrap();
    migrate::migrate(&cluster.options("station_owner", "outage")).await.unwrap();
    let app = cluster.options("station_app", "outage");
    let db =
        Db::new(config::pool(&app, 4, "8s"), config::pool(&app, 1, "60s"), Clock::Database, crate::support::safe());
    let hashing = Arc::new(Semaphore::new(2));
    let app = App { db, home_network: Some("none".into()), platform: None, site: "".into(), secure: false, hashing };
    let browser = Browser::on(router(app));
    browser.get("/sign-in").await.ok();
    browser.get("/readyz").await.ok();

    cluster.stop();
    for _ in 0..6 {
        let seen = browser.get("/sign-in").await;
        assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE, "{}", seen.html);
        seen.says("数据库暂时连不上");
        assert!(seen.headers.contains_key("retry-after"));
    }
    assert_eq!(browser.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    browser.get("/healthz").await.ok();

    let _again = Cluster::start(&directory, Keep::Lasting).unwrap();
    browser.get("/sign-in").await.ok();
    browser.get("/readyz").await.ok();
}

#[tokio::test]
async fn too_much_is_refused_with_a_page() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;

    let form = officer.post("/agencies", &format!("name={}", "a".repeat(600_000))).await;
    assert_eq!(form.status, StatusCode::PAYLOAD_TOO_LARGE);
    form.says("文件太大");
    let file = officer.upload("/stations/import", &vec![b'x'; 11 * 1024 * 1024]).await;
    assert_eq!(file.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn wrong_turns_end_on_a_page_with_a_way_on() {
    let world = World::new().await;
    let person = world.sign_in(Role::Leader, CITY).await;

    for path in ["/nowhere", "/stations/not-an-id", "/places/99", "/divisions/x", "/static/x/../../etc/passwd", "/%ff"]
    {
        let seen = person.get(path).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
        seen.says("请求编号");
        seen.says("回到首页");
    }
    let seen = person.send(axum::http::Method::DELETE, "/stations", "").await;
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    let refused = person.get("/accounts").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says("不归您办理");
}
