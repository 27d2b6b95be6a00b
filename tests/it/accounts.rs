//! Accounts and sign-in: passwords, throttling, sessions, codes, import, administrators.

use axum::http::StatusCode;
use station_network::{access::Role, features::identity::accounts::hash_password};

use crate::support::{CITY, COUNTY, NOON, World, form};

const PASSWORD: &str = "kapok trees in the third month";

/// Creates an account with a password; returns its id and its sign-in name.
async fn somebody(world: &World, role: Role) -> (uuid::Uuid, String) {
    let account = world.account("王芳", Some(&hash_password(PASSWORD).unwrap())).await;
    world.grant(account, role, COUNTY, &[]).await;
    let name =
        sqlx::query_scalar("select user_name from accounts where id = $1").bind(account).fetch_one(&world.root).await;
    (account, name.unwrap())
}

async fn try_door(world: &World, name: &str, password: &str) -> crate::support::Seen {
    world.stranger().post("/sign-in", &form(&[("name", name), ("password", password), ("next", "/stations")])).await
}

#[tokio::test]
async fn the_right_password_opens_the_door_and_leads_on() {
    let world = World::new().await;
    let (_, name) = somebody(&world, Role::CountyOfficer).await;

    let seen = try_door(&world, &name, PASSWORD).await;

    assert_eq!(seen.location, "/stations");
    let cookie = seen.headers.get("set-cookie").unwrap().to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let mut browser = world.stranger();
    browser.session = seen.cookie("session");
    browser.get("/stations").await.ok().says("王芳");
    browser.post("/sign-out", "").await.done();
    assert!(browser.get("/stations").await.location.starts_with("/sign-in"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let world = World::new().await;
    let (_, name) = somebody(&world, Role::CountyOfficer).await;

    let wrong = try_door(&world, &name, "not this one").await;
    let unknown = try_door(&world, "nobody-of-that-name", "not this one").await;

    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = |seen: &crate::support::Seen, typed: &str| seen.html.replace(typed, "");
    assert_eq!(page(&wrong, &name), page(&unknown, "nobody-of-that-name"));
}

#[tokio::test]
async fn failures_make_the_next_try_wait_and_success_forgets_them() {
    let world = World::new().await;
    let (_, name) = somebody(&world, Role::CountyOfficer).await;
    for _ in 0..3 {
        try_door(&world, &name, "wrong").await;
    }

    let seen = try_door(&world, &name, PASSWORD).await;
    assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS);
    seen.says("秒后再试");

    world.turn_clock_to("2026-03-05T04:00:02Z");
    assert_eq!(try_door(&world, &name, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

/// Makes thirteen tries, each as soon as it is admitted; the next must wait a quarter of an hour.
async fn guess_for_long(world: &World, name: &str, from: &str) {
    let mut at: chrono::DateTime<chrono::Utc> = from.parse().unwrap();
    for _ in 0..13 {
        assert_eq!(try_door(world, name, "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        at += chrono::Duration::seconds(600);
        world.clock.turn_to(at);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_no_more_than_guesses_one_after_the_other() {
    let world = World::new().await;
    let (_, name) = somebody(&world, Role::CountyOfficer).await;
    guess_for_long(&world, &name, NOON).await;
    world.turn_clock_to("2026-03-06T04:00:00Z");

    let guesses = (0..30).map(|nth| {
        let (browser, name) = (world.stranger(), name.clone());
        let password = if nth == 20 { PASSWORD } else { "wrong" };
        tokio::spawn(
            async move { browser.post("/sign-in", &form(&[("name", &name), ("password", password)])).await.status },
        )
    });
    let mut judged = 0;
    for guess in guesses.collect::<Vec<_>>() {
        judged += usize::from(guess.await.unwrap() != StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(judged, 1);
}

#[tokio::test]
async fn a_strangers_guesses_keep_nobody_out_of_their_own_device() {
    let world = World::new().await;
    let (account, name) = somebody(&world, Role::SystemAdmin).await;
    let mut own = world.stranger();
    own.device = try_door(&world, &name, PASSWORD).await.cookie("device");
    assert!(own.device.is_some());
    guess_for_long(&world, &name, NOON).await;

    let knock = form(&[("name", &name), ("password", PASSWORD)]);
    assert_eq!(world.stranger().post("/sign-in", &knock).await.status, StatusCode::TOO_MANY_REQUESTS);
    own.session = own.post("/sign-in", &knock).await.cookie("session");
    own.get("/accounts").await.ok();
    // A signed-in visitor re-enters the password without waiting; those failures count separately.
    let change = |current: &str| form(&[("current", current), ("new", "short"), ("again", "short")]);
    for _ in 0..3 {
        own.post("/account/password", &change("wrong")).await.says("现在的密码不对");
    }
    assert_eq!(own.post("/account/password", &change("wrong")).await.status, StatusCode::TOO_MANY_REQUESTS);
    let failed: i64 =
        sqlx::query_scalar("select count(*) from audit where act = '再次核对密码失败' and account_id = $1")
            .bind(account)
            .fetch_one(&world.root)
            .await
            .unwrap();
    assert_eq!(failed, 3);

    // Only this account trusts the device.
    let (_, other) = somebody(&world, Role::CountyOfficer).await;
    guess_for_long(&world, &other, "2026-03-05T06:10:00Z").await;
    let knock = form(&[("name", &other), ("password", PASSWORD)]);
    assert_eq!(own.post("/sign-in", &knock).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_wait_is_lifted_by_an_administrator_and_by_a_code() {
    let world = World::new().await;
    let (account, name) = somebody(&world, Role::CountyOfficer).await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    guess_for_long(&world, &name, NOON).await;
    sqlx::query("update sessions set began_at = $1, seen_at = $1")
        .bind("2026-03-05T06:10:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap())
        .execute(&world.root)
        .await
        .unwrap();
    assert_eq!(try_door(&world, &name, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);

    admin.get(&format!("/accounts/{account}")).await.ok().says("解除等待");
    let lifted = admin.post(&format!("/accounts/{account}/unlocking"), "").await.done();
    admin.get(&lifted).await.ok().says("已解除等待");
    assert_eq!(try_door(&world, &name, PASSWORD).await.status, StatusCode::SEE_OTHER);
    let nothing = admin.post(&format!("/accounts/{account}/unlocking"), "").await;
    assert_eq!(nothing.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = World::new().await;
    let person = world.sign_in(Role::CountyOfficer, COUNTY).await;

    world.turn_clock_to("2026-03-05T04:29:00Z");
    person.get("/").await.ok();
    world.turn_clock_to("2026-03-05T04:58:00Z");
    person.get("/").await.ok();
    world.turn_clock_to("2026-03-05T05:29:00Z");
    assert!(person.get("/").await.location.starts_with("/sign-in"));
}

#[tokio::test]
async fn an_account_is_made_with_a_code_that_must_be_changed_at_once() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    let key = admin.get("/accounts/new").await.ok().field("key");
    let fields = [("key", key.as_str()), ("user_name", "lixiaowen"), ("display_name", "李晓雯"), ("phone", "")];

    let slip = admin.post("/accounts", &form(&fields)).await.ok();
    let again = admin.post("/accounts", &form(&fields)).await;

    let code = slip.html.split("class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(again.location.starts_with("/accounts/"), "pressed twice, made once");
    let account: uuid::Uuid =
        sqlx::query_scalar("select id from accounts where network_id = $1 and user_name = 'lixiaowen'")
            .bind(world.network)
            .fetch_one(&world.root)
            .await
            .unwrap();
    world.grant(account, Role::CountyOfficer, COUNTY, &[]).await;
    let door = try_door(&world, "lixiaowen", &code).await;
    let mut browser = world.stranger();
    browser.session = door.cookie("session");
    assert_eq!(browser.get("/stations").await.done(), "/account/password");
    let code = code.to_uppercase().replace('-', " ");
    let weak = form(&[("current", &code), ("new", "short"), ("again", "short")]);
    assert_eq!(browser.post("/account/password", &weak).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let good = form(&[("current", &code), ("new", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(browser.post("/account/password", &good).await.done(), "/account?done=password");
    browser.get("/stations").await.ok();
}

#[tokio::test]
async fn a_bad_account_comes_back_as_typed_with_every_problem() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;

    let fields = [("key", ""), ("user_name", "王 芳"), ("display_name", ""), ("phone", "打这个")];
    let seen = admin.post("/accounts", &form(&fields)).await;

    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("有 3 处需要核对");
    seen.says("value=\"王 芳\"");
    seen.says("value=\"打这个\"");
    seen.says("<title>错误：");
}

#[tokio::test]
async fn locking_an_account_ends_its_sessions_at_once() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    let account = world.account("王芳", None).await;
    let grant = world.grant(account, Role::CountyOfficer, COUNTY, &[]).await;
    let person = world.session(account, grant).await;
    person.get("/").await.ok();

    admin.post(&format!("/accounts/{account}/lock"), "").await.done();

    assert!(person.get("/").await.location.starts_with("/sign-in"));
}

#[tokio::test]
async fn an_account_of_another_network_does_not_exist() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    let stranger = world.twin().await.account("王芳", None).await;

    assert_eq!(admin.get(&format!("/accounts/{stranger}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.post(&format!("/accounts/{stranger}/lock"), "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn accounts_come_by_the_table_after_a_dry_run() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    let rows = [["wangfang", "王芳", "0812-3350000"], ["wangfang", "王方", ""], ["李", "", "x"]];
    let table = workbook(&["用户名", "姓名", "电话"], &rows.map(|row| row.to_vec()));

    let check = admin.upload("/accounts/import", &table).await.done();
    let page = admin.get(&check).await.ok();

    page.says("可以新建 1 个账号");
    page.says("和第 2 行的用户名重复");
    let before: i64 = count(&world).await;
    admin.post(&check, "").await.ok().says("一次性密码条（1 张）");
    assert_eq!(count(&world).await, before + 1);
    assert_eq!(admin.post(&check, "").await.status, StatusCode::NOT_FOUND, "carried out once");
}

async fn count(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from accounts where network_id = $1")
        .bind(world.network)
        .fetch_one(&world.root)
        .await
        .unwrap()
}

/// Builds a workbook with these headings and rows.
pub fn workbook(heads: &[&str], rows: &[Vec<&str>]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0..).zip(heads) {
        sheet.write_string(0, column, *head).unwrap();
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn odd_characters_and_long_names_are_refused_not_failures() {
    let world = World::new().await;
    let long = "a".repeat(100_000);
    assert_eq!(try_door(&world, &long, "x").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(try_door(&world, "city\0", "x").await.status, StatusCode::CONFLICT);
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    assert_eq!(officer.get("/stations?q=%00").await.status, StatusCode::CONFLICT);
    assert_eq!(officer.get("/agencies?q=%00").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_system_administrator_gives_no_codes_to_the_other_two() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    let auditor = world.account("审计", None).await;
    world.grant(auditor, Role::AuditAdmin, CITY, &[]).await;
    let key = admin.get(&format!("/accounts/{auditor}")).await.ok().field("key");

    let seen = admin.post(&format!("/accounts/{auditor}/code"), &form(&[("key", &key)])).await;

    assert_eq!(seen.status, StatusCode::CONFLICT);
    seen.says("请联系平台运营方");
}

#[tokio::test]
async fn what_was_typed_survives_the_end_of_a_session() {
    let world = World::new().await;
    let account = world.account("何志远", Some(&hash_password(PASSWORD).unwrap())).await;
    world.grant(account, Role::CountyOfficer, COUNTY, &[]).await;
    let name: String = sqlx::query_scalar("select user_name from accounts where id = $1")
        .bind(account)
        .fetch_one(&world.root)
        .await
        .unwrap();
    let mut browser = world.stranger();
    let typed = form(&[("key", "0190a6b2-1111-4222-8333-444455556666"), ("name", "木棉社会工作服务中心")]);
    let door = browser.post("/agencies", &typed).await;
    assert_eq!(door.status, StatusCode::UNAUTHORIZED);
    door.says("都还在这个页面上");
    let unescape = |text: String| text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"");
    let (path, unsent) = (door.field("unsent_path"), unescape(door.field("unsent")));
    let knock =
        |password: &str| form(&[("name", &name), ("password", password), ("unsent_path", &path), ("unsent", &unsent)]);
    let again = browser.post("/sign-in", &knock("wrong password")).await;
    assert_eq!(unescape(again.field("unsent")), unsent, "a wrong password loses nothing");
    world.turn_clock_to("2026-03-05T04:10:00Z");
    let resume = browser.post("/sign-in", &knock(PASSWORD)).await.ok();
    resume.says("继续提交");
    resume.says("value=\"木棉社会工作服务中心\"");
    browser.session = resume.cookie("session");
    assert!(browser.post("/agencies", &typed).await.done().starts_with("/agencies/"));
}

/// Number of accounts with this administrator's role that could sign in.
async fn administrators(world: &World, role: Role) -> i64 {
    sqlx::query_scalar(
        "select count(*) from grants join accounts using (network_id) where accounts.id = account_id
         and role = $1 and network_id = $2 and ended_at is null and left_at is null and locked_at is null",
    )
    .bind(role.as_str())
    .bind(world.network)
    .fetch_one(&world.root)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_who_shut_each_other_out_leave_one() {
    let world = World::new().await;
    for what in ["lock", "departure", "lock", "departure", "lock"] {
        let mut pair = vec![];
        for name in ["甲", "乙"] {
            let account = world.account(name, None).await;
            let grant = world.grant(account, Role::SystemAdmin, CITY, &[]).await;
            pair.push((account, world.session(account, grant).await));
        }
        let presses = [(0, 1), (1, 0)].map(|(by, of): (usize, usize)| {
            let (browser, path) = (pair[by].1.clone(), format!("/accounts/{}/{what}", pair[of].0));
            tokio::spawn(async move { browser.post(&path, "").await })
        });
        for press in presses {
            press.await.unwrap();
        }
        assert_eq!(administrators(&world, Role::SystemAdmin).await, 1, "{what}");
        sqlx::query("update accounts set left_at = now() where left_at is null").execute(&world.root).await.unwrap();
    }
}

#[tokio::test]
async fn the_last_administrator_of_a_kind_stays() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SystemAdmin, CITY).await;
    let auditor = world.account("审计员", None).await;
    world.grant(auditor, Role::AuditAdmin, CITY, &[]).await;

    for what in ["lock", "departure"] {
        let seen = admin.post(&format!("/accounts/{auditor}/{what}"), "").await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        seen.says("唯一的审计管理员");
    }
    world.sign_in(Role::AuditAdmin, CITY).await;
    admin.post(&format!("/accounts/{auditor}/lock"), "").await.done();
}
