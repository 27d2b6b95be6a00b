//! Grants: given, ended, deputised and switched, and the separation of the three administrators.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::support::{Browser, CITY, COUNTY, World, form};

async fn grant(
    admin: &Browser,
    account: uuid::Uuid,
    role: &str,
    division: &str,
    more: &[(&str, &str)],
) -> crate::support::Seen {
    let key = admin.get("/grants/new").await.ok().field("key");
    let account = account.to_string();
    let mut fields = vec![
        ("key", key.as_str()),
        ("account", account.as_str()),
        ("role", role),
        ("division", division),
        ("since", "2026-03-01"),
        ("until", ""),
    ];
    fields.extend(more);
    admin.post("/grants", &form(&fields)).await
}

#[tokio::test]
async fn a_grant_lets_somebody_in_and_its_end_shuts_them_out() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SecurityAdmin, CITY).await;
    let account = world.account("王芳", None).await;

    assert_eq!(grant(&admin, account, "county_officer", "仁和区", &[]).await.done(), "/grants?done=granted");

    let id: uuid::Uuid = sqlx::query_scalar("select id from grants where account_id = $1")
        .bind(account)
        .fetch_one(&world.root)
        .await
        .unwrap();
    let person = world.session(account, id).await;
    person.get("/").await.ok().says("仁和区");
    admin.post(&format!("/grants/{id}/ending"), "").await.done();
    assert!(person.get("/").await.location.starts_with("/sign-in"));
}

#[tokio::test]
async fn what_cannot_be_granted_is_refused_in_words() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SecurityAdmin, CITY).await;
    let account = world.account("王芳", None).await;
    world.grant(account, Role::CountyOfficer, COUNTY, &[]).await;

    for (role, division, stations, why) in [
        ("audit_admin", "5104", "", "请用另一个账号"),
        ("county_officer", "5104", "", "应是县"),
        ("county_officer", "440106", "", "这里没有这个区划"),
        ("operator", "5104", "", "请选择岗位"),
        ("station_head", "510411100", "没有这个站", "没有站点叫「没有这个站」"),
    ] {
        let seen = grant(&admin, account, role, division, &[("stations", stations)]).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{role}");
        seen.says(why);
    }
}

#[tokio::test]
async fn nobody_grants_to_themselves() {
    let world = World::new().await;
    let account = world.account("安全管理员", None).await;
    let own = world.grant(account, Role::SecurityAdmin, CITY, &[]).await;
    let admin = world.session(account, own).await;

    grant(&admin, account, "security_admin", "5104", &[]).await.says("不能给自己授权");
    assert_eq!(admin.post(&format!("/grants/{own}/ending"), "").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_deputy_acts_under_their_own_name_until_the_last_day() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SecurityAdmin, CITY).await;
    let absent = world.account("何志远", None).await;
    let grant = world.grant(absent, Role::CountyOfficer, COUNTY, &[]).await;
    let deputy = world.account("罗敏", None).await;
    let key = admin.get(&format!("/grants/{grant}/deputy")).await.ok().field("key");
    let account = deputy.to_string();
    let fields = [("key", key.as_str()), ("account", &account), ("since", "2026-03-01"), ("until", "2026-03-10")];

    admin.post(&format!("/grants/{grant}/deputy"), &form(&fields)).await.done();

    let held: uuid::Uuid = sqlx::query_scalar("select id from grants where account_id = $1")
        .bind(deputy)
        .fetch_one(&world.root)
        .await
        .unwrap();
    world.session(deputy, held).await.get("/").await.ok().says("代何志远");
    world.turn_clock_to("2026-03-10T15:59:59Z");
    world.session(deputy, held).await;
    world.turn_clock_to("2026-03-10T16:00:00Z");
    let late = world.session(deputy, held).await;
    assert!(late.get("/").await.location.starts_with("/sign-in"), "the eleventh has begun in Beijing");
}

#[tokio::test]
async fn who_holds_several_grants_switches_between_them() {
    let world = World::new().await;
    let account = world.account("何志远", None).await;
    let county = world.grant(account, Role::CountyOfficer, COUNTY, &[]).await;
    let township = world.grant(account, Role::TownshipOfficer, "510411100", &[]).await;
    let person = world.session(account, county).await;

    person.get("/account/grants").await.ok().says("仁和镇");
    person.post(&format!("/account/grants/{township}/activation"), "").await.done();

    person.get("/").await.ok().says("乡镇（街道）工作人员");
    let others = world.account("别人", None).await;
    let others = world.grant(others, Role::BureauOfficer, CITY, &[]).await;
    assert_eq!(person.post(&format!("/account/grants/{others}/activation"), "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_grant_that_was_taken_back_opens_nothing_on_the_same_day() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SecurityAdmin, CITY).await;
    let account = world.account("王芳", None).await;
    let (one, two) = (
        world.grant(account, Role::CountyOfficer, COUNTY, &[]).await,
        world.grant(account, Role::Leader, COUNTY, &[]).await,
    );

    admin.post(&format!("/grants/{one}/ending"), "").await.done();

    let person = world.session(account, two).await;
    assert_eq!(person.post(&format!("/account/grants/{one}/activation"), "").await.status, StatusCode::NOT_FOUND);
    assert!(world.session(account, one).await.get("/").await.location.starts_with("/sign-in"));
}

#[tokio::test]
async fn the_last_administrator_of_a_kind_stays() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SecurityAdmin, CITY).await;
    let account = world.account("系统管理员", None).await;
    let grant = world.grant(account, Role::SystemAdmin, CITY, &[]).await;

    let seen = admin.post(&format!("/grants/{grant}/ending"), "").await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    seen.says("唯一的系统管理员");

    let second = world.account("另一位", None).await;
    world.grant(second, Role::SystemAdmin, CITY, &[]).await;
    admin.post(&format!("/grants/{grant}/ending"), "").await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_never_becomes_two_of_the_three() {
    let world = World::new().await;
    let admin = world.sign_in(Role::SecurityAdmin, CITY).await;
    for _ in 0..8 {
        let account = world.account("王芳", None).await;
        let presses = ["system_admin", "audit_admin"].map(|role| {
            let admin = admin.clone();
            tokio::spawn(async move { grant(&admin, account, role, "5104", &[]).await })
        });
        for press in presses {
            let seen = press.await.unwrap();
            if seen.status != StatusCode::SEE_OTHER {
                assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", seen.html);
                seen.says("请用另一个账号");
            }
        }
        let held: Vec<String> = sqlx::query_scalar("select role from grants where account_id = $1")
            .bind(account)
            .fetch_all(&world.root)
            .await
            .unwrap();
        assert_eq!(held.len(), 1, "{held:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn security_administrators_who_end_each_others_grants_leave_one() {
    let world = World::new().await;
    for _ in 0..5 {
        sqlx::query("update grants set ended_at = now() where ended_at is null").execute(&world.root).await.unwrap();
        let mut pair = vec![];
        for name in ["甲", "乙"] {
            let account = world.account(name, None).await;
            let grant = world.grant(account, Role::SecurityAdmin, CITY, &[]).await;
            pair.push((grant, world.session(account, grant).await));
        }
        let presses = [(0, 1), (1, 0)].map(|(by, of): (usize, usize)| {
            let (browser, path) = (pair[by].1.clone(), format!("/grants/{}/ending", pair[of].0));
            tokio::spawn(async move { browser.post(&path, "").await })
        });
        for press in presses {
            press.await.unwrap();
        }
        let left: i64 =
            sqlx::query_scalar("select count(*) from grants where ended_at is null and role = 'security_admin'")
                .fetch_one(&world.root)
                .await
                .unwrap();
        assert_eq!(left, 1);
    }
}
