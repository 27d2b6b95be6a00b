//! The server is killed in the middle of two hundred submissions: what it acknowledged is
//! there, what is sent again under its key is there once.

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use station_network::{access::Role, kernel::StationId};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{
    reports::{Cast, WORK, fill, path},
    support::{TOWNSHIP, form},
};

const REPORTS: usize = 200;

/// The server as it is shipped, on this test's database.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    async fn start(cast: &Cast, port: u16, data: &std::path::Path) -> Self {
        let options = cast.world.app_options();
        let socket = options.get_socket().unwrap().display().to_string().replace('/', "%2F");
        let url = format!(
            "postgres://station_app@localhost:{}/{}?host={socket}",
            options.get_port(),
            options.get_database().unwrap()
        );
        let child = Command::new(env!("CARGO_BIN_EXE_station-network"))
            .args(["serve", "--network", "one"])
            .env("DATABASE_URL", url)
            .env("STATION_DATA", data)
            .env("STATION_LISTEN", format!("127.0.0.1:{port}"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self(child);
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not answer");
    }
}

/// Where a submission led; nothing when no answer came.
async fn submit(port: u16, session: &str, station: StationId, key: &str) -> Option<String> {
    let body = form(&[("key", key), ("version", "1")]);
    let request = format!(
        "POST {}/submission HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: session={session}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        path(station, "2026-02"),
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let location = answer.lines().find_map(|line| line.strip_prefix("location: "))?;
    answer.starts_with("HTTP/1.1 303").then(|| location.trim().to_owned())
}

/// Two hundred rooms like the one there is, with their reports filled in.
async fn many_rooms(cast: &Cast) -> Vec<StationId> {
    fill(&cast.room_head, &path(cast.room, "2026-02"), &WORK).await.done();
    let mut root = cast.world.root.acquire().await.unwrap();
    for copy in [
        "create temporary table copies as select gen_random_uuid() as id, n from generate_series(1, 200) as n",
        "insert into stations select (jsonb_populate_record(null::stations, to_jsonb(s) || jsonb_build_object('id', c.id, 'code', 'copy-' || c.n))).* from stations s cross join copies c where s.name = '一号社工室'",
        "insert into station_periods select (jsonb_populate_record(null::station_periods, to_jsonb(p) || jsonb_build_object('station_id', c.id))).* from station_periods p cross join copies c where p.name = '一号社工室'",
        "insert into reports (network_id, station_id, month, division, division_then, level, route, expected, vals, na, parts, filled, asked, saved_at, saved_by)
         select r.network_id, c.id, r.month, r.division, r.division_then, r.level, r.route, true, r.vals, r.na, r.parts, r.filled, r.asked, r.saved_at, r.saved_by
         from reports r join stations s on s.id = r.station_id and s.name = '一号社工室' and s.code not like 'copy-%' cross join copies c where r.filled > 0",
    ] {
        sqlx::query(copy).execute(&mut *root).await.unwrap();
    }
    sqlx::query_scalar("select id from stations where code like 'copy-%' order by code")
        .fetch_all(&mut *root)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_missing_and_nothing_is_double() {
    let cast = Cast::new().await;
    let rooms = many_rooms(&cast).await;
    assert_eq!(rooms.len(), REPORTS);
    let head = cast.world.sign_in_for(Role::StationHead, TOWNSHIP, &rooms).await;
    let session = head.session.clone().unwrap();
    sqlx::query("update sessions set began_at = now(), seen_at = now()").execute(&cast.world.root).await.unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let data = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("killed-{}", Uuid::new_v4()));
    let mut server = Server::start(&cast, port, &data).await;

    let keys: Arc<BTreeMap<StationId, String>> =
        Arc::new(rooms.iter().map(|room| (*room, Uuid::new_v4().to_string())).collect());
    let acknowledged = Arc::new(Mutex::new(vec![]));
    let mut senders = vec![];
    for part in rooms.chunks(REPORTS / 8) {
        let (part, keys, session, acknowledged) = (part.to_vec(), keys.clone(), session.clone(), acknowledged.clone());
        senders.push(tokio::spawn(async move {
            for room in part {
                if submit(port, &session, room, &keys[&room]).await.is_some() {
                    acknowledged.lock().unwrap().push(room);
                }
            }
        }));
    }
    while acknowledged.lock().unwrap().len() < REPORTS / 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    server.0.kill().unwrap();
    for sender in senders {
        sender.await.unwrap();
    }
    let before = acknowledged.lock().unwrap().clone();
    assert!((REPORTS / 3..REPORTS).contains(&before.len()), "killed too late: {}", before.len());
    let there: Vec<StationId> = sqlx::query_scalar("select station_id from reports where position = 'station'")
        .fetch_all(&cast.world.root)
        .await
        .unwrap();
    let missing: Vec<_> = before.iter().filter(|room| !there.contains(room)).collect();
    assert!(missing.is_empty(), "acknowledged and not there: {missing:?}");

    // Started again, everything is sent again, what was acknowledged too.
    server = Server::start(&cast, port, &data).await;
    for room in &rooms {
        let location = submit(port, &session, *room, &keys[room]).await;
        assert_eq!(location, Some(format!("{}/receipt", path(*room, "2026-02"))));
    }
    drop(server);
    let counts: Vec<(i64, i64)> = sqlx::query_as(
        "select count(*), count(distinct station_id) from report_steps where act = 'submit'
         union all select count(*), count(distinct object_id) from audit where act = '提交月报'",
    )
    .fetch_all(&cast.world.root)
    .await
    .unwrap();
    assert_eq!(counts, [(200, 200), (200, 200)], "one step and one audit row for each");
    let _ = std::fs::remove_dir_all(data);
}
