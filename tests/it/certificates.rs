//! Certificates and their registrations.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::{
    persons::{certify, hire, path},
    stations::build,
    support::{COUNTY, TOWNSHIP, World, form},
};

#[tokio::test]
async fn a_registration_takes_the_steps_of_the_national_system() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "甲某", &[("rank", "middle")]).await.done());
    let certificate = certify(&officer, &person, "assistant", "20250001", "2025-10-20", "").await;
    let page = officer.get(&certificate).await.ok();
    page.says("未登记");
    officer.get(&person).await.ok().says("中级岗要有社会工作师证书，现在是助理社会工作师");
    let key = page.field("key");
    let fields = [("key", key.as_str()), ("kind", "first"), ("state", "pending")];
    officer.post(&format!("{certificate}/registrations"), &form(&fields)).await.done();
    let registration = officer.get(&certificate).await.ok().html;
    let registration = registration.split("/registrations/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let step = async |state: &str, from: &str| {
        officer
            .post(&format!("/registrations/{registration}/step"), &form(&[("state", state), ("valid_from", from)]))
            .await
    };
    step("completed", "2026-03-01").await.says("不能变成这个状态");
    for state in ["first_failed", "pending", "first_passed", "final_passed"] {
        step(state, "").await.done();
    }
    assert_eq!(step("completed", "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "validity is missing");
    step("completed", "2026-03-01").await.done();
    officer.get(&certificate).await.ok().says("2026-03-01 至 2029-02-28");
    step("issued", "").await.done();
    officer.get(&person).await.ok().says("登记有效，还有 1091 天");
    let steps: i64 =
        sqlx::query_scalar("select count(*) from registration_steps").fetch_one(&world.root).await.unwrap();
    assert_eq!(steps, 7);

    officer.post(&format!("/registrations/{registration}/removal"), "").await.done();
    officer.get(&certificate).await.ok().says("未登记");
}
