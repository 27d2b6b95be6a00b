//! Deliverables, counted from approved reports.

use station_network::{
    db::{Mode, Silence},
    features::purchasing::deliverables,
};

use crate::projects::Deal;
use crate::support::form;

#[tokio::test]
async fn what_was_approved_in_reports_counts_towards_the_contract() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    sqlx::query(
        "insert into reports (network_id, station_id, month, division, division_then, level, route, position, vals, saved_at, saved_by)
         select network_id, id, '2026-03-01', division, division, level, 'station', 'draft', '{42}', now(), '' from stations where id = $1",
    )
    .bind(deal.station)
    .execute(&deal.world.root)
    .await
    .unwrap();
    let take = async || {
        let mut tx = deal.world.tx(Mode::Write).await;
        deliverables::take_all(&mut tx).await.unwrap();
        tx.commit_silently(Silence::JobMoved).await.unwrap();
        deal.agency.get(&format!("{path}/deliverables")).await.ok()
    };
    assert!(!take().await.html.contains("42 / 42"), "not before it is approved");
    for statement in [
        "alter table reports drop constraint reports_submitted_whole, drop constraint reports_approved_whole",
        "update reports set approved_vals = vals, edition = 1",
    ] {
        sqlx::query(statement).execute(&deal.world.root).await.unwrap();
    }
    take().await.says("42 / 42");
    let month = [
        ("month", "2026-03"),
        ("seq", "1"),
        ("done", "3"),
        ("counted", "2"),
        ("words", "1 个只开了 3 节"),
        ("seq", "2"),
        ("done", ""),
        ("counted", ""),
        ("words", ""),
    ];
    deal.agency.post(&format!("{path}/deliverables"), &form(&month)).await.done();
    take().await.says("2 / 3");
    let own = [("month", "2026-03"), ("seq", "2"), ("done", "50"), ("counted", ""), ("words", "")];
    deal.agency.post(&format!("{path}/deliverables"), &form(&own)).await.done();
    take().await.says("50 / 50");
    let cleared = [("month", "2026-03"), ("seq", "2"), ("done", ""), ("counted", ""), ("words", "")];
    deal.agency.post(&format!("{path}/deliverables"), &form(&cleared)).await.done();
    take().await.says("42 / 42");
    let wrong = [("month", "2026-03"), ("seq", "1"), ("done", "3"), ("counted", "4"), ("words", "")];
    deal.agency.post(&format!("{path}/deliverables"), &form(&wrong)).await.says("不能多于发生的 3");
}
