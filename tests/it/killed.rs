//! The server is killed in the middle of two hundred submissions: acknowledged ones are saved,
//! and ones sent again under the same key are saved once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use station_network::{access::Role, kernel::StationId};
use uuid::Uuid;

use crate::{
    reports::{Cast, WORK, fill, path},
    support::{Sent, Server, TOWNSHIP, form},
};

const REPORTS: usize = 200;

/// Submits a report and returns the redirect's target, or `None` without an answer.
async fn submit(server: &Server, session: &str, station: StationId, key: &str) -> Option<String> {
    let body = form(&[("key", key), ("version", "1")]);
    let path = format!("{}/submission", path(station, "2026-02"));
    let kind = "application/x-www-form-urlencoded";
    let answer = server.send(Sent { path: &path, session, kind, body: body.as_bytes() }).await?;
    answer.location.filter(|_| answer.status == 303)
}

/// Creates two hundred copies of the existing room, with their reports filled in.
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
    let server = Arc::new(Server::start(&cast.world).await);

    let keys: Arc<BTreeMap<StationId, String>> =
        Arc::new(rooms.iter().map(|room| (*room, Uuid::new_v4().to_string())).collect());
    let acknowledged = Arc::new(Mutex::new(vec![]));
    let mut senders = vec![];
    for part in rooms.chunks(REPORTS / 8) {
        let (part, server) = (part.to_vec(), server.clone());
        let (keys, session, acknowledged) = (keys.clone(), session.clone(), acknowledged.clone());
        senders.push(tokio::spawn(async move {
            for room in part {
                if submit(&server, &session, room, &keys[&room]).await.is_some() {
                    acknowledged.lock().unwrap().push(room);
                }
            }
        }));
    }
    while acknowledged.lock().unwrap().len() < REPORTS / 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    server.kill();
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

    // After the restart, send everything again, including acknowledged submissions.
    server.start_again().await;
    for room in &rooms {
        let location = submit(&server, &session, *room, &keys[room]).await;
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
}
