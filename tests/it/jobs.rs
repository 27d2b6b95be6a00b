//! Background jobs: enqueued once, retried, dropped, and taken over from a dead worker.

use serde_json::Value;
use station_network::{
    access::Role,
    app::clock,
    db::{Mode, Silence},
    features::ground::jobs,
};

use crate::support::{CITY, NOON, World};

async fn put(world: &World, kind: &str, key: Option<&str>) {
    let mut tx = world.tx(Mode::Write).await;
    jobs::enqueue(&mut tx, kind, "试一试", Value::Null, key).await.unwrap();
    tx.commit_silently(Silence::JobMoved).await.unwrap();
}

async fn count(world: &World, condition: &'static str) -> i64 {
    sqlx::query_scalar(condition).bind(world.network).fetch_one(&world.root).await.unwrap()
}

#[tokio::test]
async fn each_days_jobs_are_put_in_line_once_however_many_servers_do_so() {
    let world = World::new().await;
    let put = || clock::put_daily_jobs(&world.db, world.network);
    let (one, two, three) = tokio::join!(put(), put(), put());
    one.and(two).and(three).unwrap();
    let kinds = count(&world, "select count(distinct kind) from jobs where network_id = $1").await;
    assert_eq!(count(&world, "select count(*) from jobs where network_id = $1").await, kinds);

    let work = || clock::carry_out(&world.db, world.network);
    let (one, two) = tokio::join!(work(), work());
    one.and(two).unwrap();
    assert_eq!(count(&world, "select count(*) from jobs where network_id = $1 and done_at is null").await, 0);
    assert_eq!(count(&world, "select max(attempts)::bigint from jobs where network_id = $1").await, 1);
}

#[tokio::test]
async fn a_job_that_keeps_failing_waits_for_the_administrator() {
    let world = World::new().await;
    put(&world, "nobody.does_this", None).await;
    for hour in 4..14 {
        world.turn_clock_to(&format!("2026-03-05T{hour:02}:30:00Z"));
        clock::carry_out(&world.db, world.network).await.unwrap();
    }
    world.turn_clock_to(NOON);
    let administrator = world.sign_in(Role::SystemAdmin, CITY).await;
    let page = administrator.get("/jobs?state=failed").await.ok();
    page.says("试一试");
    page.says("nobody does nobody.does_this");
    page.says("8 次");

    let id: uuid::Uuid = sqlx::query_scalar("select id from jobs").fetch_one(&world.root).await.unwrap();
    administrator.post(&format!("/jobs/{id}/retrial"), "").await.done();
    administrator.get("/jobs?state=waiting").await.ok().says("试一试");
    administrator.post(&format!("/jobs/{id}/removal"), "").await.says("不用处理");
    clock::carry_out(&world.db, world.network).await.unwrap();
    administrator.post(&format!("/jobs/{id}/removal"), "").await.done();
    administrator.get("/jobs?state=dropped").await.ok().says("试一试");

    let twin = world.twin().await.sign_in(Role::SystemAdmin, CITY).await;
    assert!(!twin.get("/jobs").await.html.contains("试一试"), "another network's job");
}

#[tokio::test]
async fn a_job_whose_worker_died_is_taken_over_when_its_lease_ends() {
    let world = World::new().await;
    put(&world, "files.sweep", None).await;
    let claim = async || {
        let mut tx = world.tx(Mode::Write).await;
        let job = jobs::claim(&mut tx).await.unwrap();
        tx.commit_silently(Silence::JobMoved).await.unwrap();
        job
    };
    assert!(claim().await.is_some(), "and the worker dies");
    assert!(claim().await.is_none(), "another leaves it alone");
    world.turn_clock_to("2026-03-05T04:06:00Z");
    let job = claim().await.unwrap();
    assert_eq!(job.attempts, 2);

    let mut tx = world.tx(Mode::Write).await;
    jobs::finish(&mut tx, job.id).await.unwrap();
    assert!(jobs::finish(&mut tx, job.id).await.is_err(), "the first worker wakes up too late");
}
