//! Continuing education: entered, confirmed, imported.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::staff::PDF;
use crate::{
    accounts::workbook,
    persons::{certify, hire, id_number, path},
    stations::build,
    support::{Browser, COUNTY, NEXT_TOWNSHIP, TOWNSHIP, World, form},
};

/// Submits a form with a file.
async fn send(browser: &Browser, path: &str, fields: &[(&str, &str)], file: &[u8]) -> crate::support::Seen {
    browser.upload_with(path, fields, "证明.pdf", file).await
}

#[tokio::test]
async fn what_a_worker_enters_counts_once_the_head_has_confirmed_it() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "甲某", &[]).await.done());
    certify(&officer, &person, "assistant", "20230001", "2023-01-01", "2025-06-01").await;
    let worker = world.sign_in_for(Role::SocialWorker, TOWNSHIP, &[station]).await;
    worker.get("/me").await.ok().says("还没有和人员名册里的档案关联");
    let user_name: String = sqlx::query_scalar(
        "select user_name from accounts join grants on grants.account_id = accounts.id where role = 'social_worker'",
    )
    .fetch_one(&world.root)
    .await
    .unwrap();
    let link = form(&[("user_name", &user_name)]);
    officer.post(&format!("{person}/account"), &link).await.says("账号的姓名要和这个人相同");
    sqlx::query("update accounts set display_name = '甲某' where user_name = $1")
        .bind(&user_name)
        .execute(&world.root)
        .await
        .unwrap();
    officer.post(&format!("{person}/account"), &link).await.done();

    let key = worker.get("/me").await.ok().field("key");
    let fields = [
        ("key", key.as_str()),
        ("category", "training"),
        ("title", "个案工作实务"),
        ("provider", "市社工协会"),
        ("held_on", "2026-02-01"),
        ("hours", "7.5"),
    ];
    send(&worker, "/me/education", &fields, b"").await.says("请上传证明");
    send(&worker, "/me/education", &fields, b"<html>").await.says("只能上传 jpg、png、webp 图片或 PDF");
    send(&worker, "/me/education", &fields, PDF).await.done();
    let own = worker.get("/me").await.ok();
    own.says("7.5 学时待确认");
    own.says("0 / 72 学时");

    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;
    let page = head.get(&person).await.ok();
    let entry = page.html.split("\"/education/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let file = head.get(&format!("/education/{entry}/file")).await.ok();
    assert_eq!(file.bytes, PDF);
    assert!(file.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let stranger = world.sign_in_for(Role::StationHead, NEXT_TOWNSHIP, &[]).await;
    assert_eq!(stranger.get(&format!("/education/{entry}/file")).await.status, StatusCode::NOT_FOUND);
    let twin = world.twin().await.sign_in(Role::CountyOfficer, COUNTY).await;
    assert_eq!(twin.get(&format!("/education/{entry}/file")).await.status, StatusCode::NOT_FOUND);

    head.get("/").await.ok().says("有 1 条继续教育等待确认");
    head.get("/persons?waiting=1").await.ok().says("甲某");
    head.post(&format!("/education/{entry}/judgement"), "").await.done();
    assert!(!head.get("/").await.ok().html.contains("等待确认"));
    let again = worker.get("/me").await.ok().field("key");
    let same: Vec<_> = [("key", again.as_str())].into_iter().chain(fields[1..].to_vec()).collect();
    send(&worker, "/me/education", &same, PDF).await.says("没有重复登记");
    assert_eq!(head.post(&format!("/education/{entry}/judgement"), "").await.status, StatusCode::CONFLICT);
    worker.get("/me").await.ok().says("7.5 / 72 学时");
    assert_eq!(worker.get(&person).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn nobody_confirms_what_they_entered_for_themselves() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "甲某", &[("role", "head")]).await.done());
    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;
    sqlx::query(
        "update accounts set person_id = $1 where id = (select account_id from grants where role = 'station_head')",
    )
    .bind(person.trim_start_matches("/persons/").parse::<uuid::Uuid>().unwrap())
    .execute(&world.root)
    .await
    .unwrap();
    let key = head.get("/me").await.ok().field("key");
    let fields = [
        ("key", key.as_str()),
        ("category", "degree"),
        ("title", "社会工作硕士"),
        ("provider", "某大学"),
        ("held_on", "2026-02-01"),
    ];
    send(&head, "/me/education", &fields, PDF).await.done();
    let entry: uuid::Uuid =
        sqlx::query_scalar("select id from education_entries").fetch_one(&world.root).await.unwrap();
    head.post(&format!("/education/{entry}/judgement"), "").await.says("要由别人确认");
    officer.post(&format!("/education/{entry}/judgement"), "").await.done();
    let again = [
        ("key", "0190a6b2-1111-4222-8333-444455556666"),
        ("category", "degree"),
        ("title", "社会工作学士"),
        ("provider", "某大学"),
        ("held_on", "2026-02-02"),
    ];
    send(&officer, &format!("{person}/education"), &again, PDF).await.says("只计一次");
}

#[tokio::test]
async fn a_training_is_imported_for_all_who_took_part() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let numbers = [id_number(6), id_number(7)];
    let person = path(&hire(&officer, station, "甲某", &[("id_number", &numbers[0])]).await.done());
    certify(&officer, &person, "assistant", "20230001", "2023-01-01", "2025-06-01").await;
    let heads = ["身份证号", "姓名", "日期", "内容", "主办单位", "类别", "学时"];
    let row = |number, name, hours| vec![number, name, "2026-02-01", "个案工作实务", "市社工协会", "培训", hours];
    let rows = [
        row(numbers[0].as_str(), "甲某", "7.5"),
        row(numbers[0].as_str(), "甲某", "7.5"),
        row(numbers[0].as_str(), "别人", "8"),
        row(numbers[1].as_str(), "乙某", "8"),
        row(numbers[0].as_str(), "甲某", "7.25"),
    ];
    let check = officer.upload("/education/import", &workbook(&heads, &rows)).await.done();
    let page = officer.get(&check).await.ok();
    page.says("新建 1 行，修改 0 行，没有变化 1 行，不能导入 3 行");
    page.says("请先登记人员");
    officer.post(&check, "").await.done();
    officer.get(&person).await.ok().says("7.5 / 72 学时");
}
