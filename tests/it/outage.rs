//! Failures that must end on a helpful page: no database, too large a request, a wrong URL.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use station_network::{
    access::Role,
    app::{
        cluster::{Cluster, Keep},
        config, migrate, router,
    },
    db::{Clock, Db},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixStream},
};

use crate::support::{Browser, CITY, COUNTY, World, app_on, db_on, form, safe};

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_pages_say_so_and_then_recover_by_themselves() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("outage");
    let _ = std::fs::remove_dir_all(&directory);
    let mut cluster = Cluster::start(&directory, Keep::Lasting).unwrap();
    cluster.prepare("outage").await.unwrap();
    migrate::migrate(&cluster.options("station_owner", "outage")).await.unwrap();
    let db = db_on(&cluster.options("station_app", "outage"), Clock::Database);
    let browser = Browser::on(router(app_on(&db, "none").await));
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

/// A proxy to PostgreSQL that swallows the answers to commits while `is_deaf`.
async fn deaf_line(to: &PgConnectOptions, is_deaf: Arc<AtomicBool>) -> PgConnectOptions {
    let socket = to.get_socket().unwrap().join(format!(".s.PGSQL.{}", to.get_port()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (mut asks, mut hears) = client.into_split();
            let (mut tells, mut listens) = UnixStream::connect(&socket).await.unwrap().into_split();
            let is_deaf = is_deaf.clone();
            let swallows = Arc::new(AtomicBool::new(false));
            let swallowing = swallows.clone();
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                while let Ok(read @ 1..) = asks.read(&mut bytes).await {
                    if is_deaf.load(Ordering::SeqCst) && bytes[..read].windows(6).any(|word| word == b"COMMIT") {
                        swallows.store(true, Ordering::SeqCst);
                    }
                    if listens.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                }
            });
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                while let Ok(read @ 1..) = tells.read(&mut bytes).await {
                    if !swallowing.load(Ordering::SeqCst) && hears.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username(to.get_username())
        .database(to.get_database().unwrap())
        .ssl_mode(PgSslMode::Disable)
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_whose_answer_never_comes_take_no_connection_with_them() {
    let world = World::new().await;
    let is_deaf = Arc::new(AtomicBool::new(false));
    let line = deaf_line(&world.app_options(), is_deaf.clone()).await;
    let pool = |size| config::pool(&line, size, Duration::from_secs(3));
    let db = Db::new(pool(4), pool(1), world.clock.clone(), safe());
    let mut officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    officer.turn_to(router(app_on(&db, "one").await));
    let fields = |name: &str, key: &str| form(&[("key", key), ("name", name)]);
    let key = || uuid::Uuid::new_v4().to_string();

    is_deaf.store(true, Ordering::SeqCst);
    let mut presses = vec![];
    for nth in 0..16 {
        let (officer, fields) = (officer.clone(), fields(&format!("木棉社会工作服务中心{nth}"), &key()));
        presses.push(tokio::spawn(async move { officer.post("/agencies", &fields).await }));
    }
    let mut unsure = 0;
    for press in presses {
        let seen = press.await.unwrap();
        assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE, "{}", seen.html);
        // The page never calls work lost that may have been committed.
        unsure += usize::from(seen.html.contains("不知道刚才的内容有没有保存"));
    }
    assert!(unsure >= 4, "{unsure}");
    let saved: i64 = sqlx::query_scalar("select count(*) from agencies").fetch_one(&world.root).await.unwrap();
    assert_eq!(saved, i64::try_from(unsure).unwrap(), "here all of them were");

    is_deaf.store(false, Ordering::SeqCst);
    for nth in 0..20 {
        officer.post("/agencies", &fields(&format!("攀枝花社会工作服务中心{nth}"), &key())).await.done();
    }
    officer.get("/readyz").await.ok();
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
