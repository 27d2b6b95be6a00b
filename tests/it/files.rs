//! Uploaded files: quota and sweeping.

use axum::http::StatusCode;
use station_network::{access::Role, app::clock};

use crate::staff::PDF;
use crate::{
    persons::{certify, hire, path},
    stations::build,
    support::{COUNTY, TOWNSHIP, World},
};

#[tokio::test]
async fn files_stay_within_the_networks_quota_and_go_when_nothing_names_them() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "甲某", &[]).await.done());
    let certificate = certify(&officer, &person, "assistant", "20230001", "2023-01-01", "").await;
    let scan = format!("{certificate}/scan");
    officer.upload(&scan, PDF).await.done();
    assert_eq!(officer.get(&scan).await.ok().bytes, PDF);
    let stranger = world.sign_in(Role::CountyOfficer, crate::persons::ELSEWHERE).await;
    assert_eq!(stranger.get(&scan).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.upload(&scan, PDF).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.post(&format!("{certificate}/removal"), "").await.status, StatusCode::NOT_FOUND);
    officer.upload(&scan, PDF).await.done();
    clock::carry_out(&world.db, world.network).await.unwrap();
    let removed: (i64, i64) =
        sqlx::query_as("select count(*) filter (where removed_at is not null), count(*) from files")
            .fetch_one(&world.root)
            .await
            .unwrap();
    assert_eq!(removed, (1, 2), "the first scan made room for the second");
    assert_eq!(officer.get(&scan).await.ok().bytes, PDF);

    sqlx::query("update files set bytes = 6000000000 where removed_at is null").execute(&world.root).await.unwrap();
    officer.upload(&scan, PDF).await.says("空间已用完");
}
