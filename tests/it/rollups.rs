//! Sums of reports through moves, frozen months and changes of stations.

use axum::http::StatusCode;
use station_network::{access::Role, kernel::Month};

use crate::reports::{Cast, Dice, FEBRUARY, WORK, file, fill, pass, path, submit};
use crate::{
    stations::build,
    support::{CITY, COUNTY, TOWNSHIP, form},
};

#[tokio::test]
async fn a_move_changes_who_reads_and_no_sum() {
    let cast = Cast::new().await;
    let path = path(cast.station, FEBRUARY);
    file(&cast.head, &path, &WORK).await;
    pass(&cast.township, &path).await.done();
    pass(&cast.county, &path).await.done();
    cast.settle().await;
    let all = "select string_agg(r::text, '|' order by month, division) from (select month, division, expected, received, on_time, approved, vals, parts from report_rollups) r";
    let before: String = sqlx::query_scalar(all).fetch_one(&cast.world.root).await.unwrap();
    let city = cast.world.sign_in(Role::BureauOfficer, CITY).await;
    let version = city.get(&format!("/stations/{}/edit", cast.station)).await.ok().field("version");
    let fields = [
        ("version", version.as_str()),
        ("to", "510402001"),
        ("on", "2026-03-05"),
        ("reason", "区划调整"),
        ("confirmed", "1"),
    ];
    city.post(&format!("/stations/{}/move", cast.station), &form(&fields)).await.done();
    sqlx::query("insert into report_marks (network_id, id, month, division) select network_id, gen_random_uuid(), '2026-02-01', code from divisions where level <> 'village' and network_id = $1")
        .bind(cast.world.network).execute(&cast.world.root).await.unwrap();
    cast.settle().await;
    let after: String = sqlx::query_scalar(
        "select string_agg(r::text, '|' order by month, division) from (select month, division, expected, received, on_time, approved, vals, parts from report_rollups where expected <> '{0,0,0}') r",
    ).fetch_one(&cast.world.root).await.unwrap();
    assert_eq!(before, after);
    assert_eq!(cast.county.get(&path).await.status, StatusCode::NOT_FOUND, "it lies elsewhere now");
    cast.county.get(&format!("/summary/{TOWNSHIP}?month={FEBRUARY}")).await.ok().says("已迁出的站点");
    cast.world.sign_in(Role::CountyOfficer, "510402").await.get(&path).await.ok().says("已审定");
    cast.verify().await;
}

#[tokio::test]
async fn what_a_month_expects_is_frozen() {
    let cast = Cast::new().await;
    let close = form(&[("state", "closed"), ("on", "2026-02-10"), ("reason", "合并"), ("version", "1")]);
    let closed = cast.county.post(&format!("/stations/{}/state", cast.room), &close).await;
    assert!(closed.status.is_redirection(), "{}", closed.html);
    cast.freeze().await;
    cast.settle().await;
    cast.county.get(&format!("/summary/{COUNTY}?month={FEBRUARY}")).await.ok().says("应报 3");

    cast.turn_to("2026-04-02T04:00:00Z").await;
    cast.freeze().await;
    cast.settle().await;
    cast.county.get(&format!("/summary/{COUNTY}?month=2026-03")).await.ok().says("应报 2");
    assert_eq!(cast.room_head.get(&path(cast.room, "2026-03")).await.status, StatusCode::NOT_FOUND);
    cast.verify().await;
}

/// Stations open, pause and close in mid-month, in any order: every rate stays between 0 and
/// 100 %, and a month expects reports exactly from the stations operating in it.
#[tokio::test]
async fn rates_stay_between_nothing_and_all_whatever_happens_to_stations() {
    let cast = Cast::new().await;
    let mut dice = Dice(11);
    let mut villages = vec![cast.room];
    let codes: Vec<String> = sqlx::query_scalar(
        "select code from divisions where network_id = $1 and starts_with(code, '510411') and length(code) = 12 order by code",
    )
    .bind(cast.world.network)
    .fetch_all(&cast.world.root)
    .await
    .unwrap();
    for (at, month) in ["2026-03", "2026-04", "2026-05", "2026-06"].into_iter().enumerate() {
        cast.turn_to(&format!("{month}-20T04:00:00Z")).await;
        for opened in 0..3 {
            let division = &codes[30 + at * 3 + opened];
            let day = format!("{month}-{:02}", 1 + dice.roll(19));
            villages.push(build(&cast.county, division, &format!("新室{at}{opened}"), &[("opened_on", &day)]).await);
        }
        for _ in 0..4 {
            let station = villages[dice.roll(villages.len())];
            let state = ["suspended", "operating", "closed"][dice.roll(3)];
            let day = format!("{month}-{:02}", 1 + dice.roll(20));
            // Many of these are refused, because the state or the day does not allow the change.
            let fields = [("state", state), ("on", day.as_str()), ("reason", "变更情况")];
            cast.county.post(&format!("/stations/{station}/state"), &form(&fields)).await;
        }
        let next: Month = month.parse().unwrap();
        cast.turn_to(&format!("{}-03T04:00:00Z", next.plus(1))).await;
        cast.freeze().await;
        for station in &villages {
            let head = cast.world.sign_in_for(Role::StationHead, COUNTY, &[*station]).await;
            cast.turn_to(&format!("{}-03T04:00:00Z", next.plus(1))).await;
            let path = path(*station, month);
            if head.get(&format!("{path}/edit")).await.status == StatusCode::OK {
                fill(&head, &path, &WORK).await.done();
                submit(&head, &path).await.done();
            }
        }
        cast.settle().await;
    }
    cast.verify().await;
    let bad: i64 = sqlx::query_scalar(
        "
        select count(*) from report_rollups, unnest(array[1, 2, 3]) as at
        where not (0 <= on_time[at] and on_time[at] <= received[at] and received[at] <= expected[at])
        ",
    )
    .fetch_one(&cast.world.root)
    .await
    .unwrap();
    assert_eq!(bad, 0);
    let received: i64 = sqlx::query_scalar("select count(*) from reports where submitted_at is not null")
        .fetch_one(&cast.world.root)
        .await
        .unwrap();
    assert!(received > 8, "{received}");
    let wrong: i64 = sqlx::query_scalar(
        "
        select count(*) from report_months m cross join stations s
        where s.network_id = m.network_id and (exists (
            select from station_periods p
            where p.network_id = s.network_id and p.station_id = s.id and p.state = 'operating'
              and p.since < m.month + interval '1 month' and (p.until is null or p.until >= m.month)
        ) is distinct from exists (
            select from reports r
            where r.network_id = s.network_id and r.station_id = s.id and r.month = m.month and r.expected))
        ",
    )
    .fetch_one(&cast.world.root)
    .await
    .unwrap();
    assert_eq!(wrong, 0);
}
