//! Persons on the register: posts, certificates, transfers, encrypted numbers, reach.

use std::time::Duration;

use axum::http::StatusCode;
use station_network::{
    access::Role,
    features::identity::accounts::hash_password,
    kernel::{IdNumber, StationId},
};

use crate::{
    stations::build,
    support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, Seen, TOWNSHIP, World, form},
};

/// A county other than [`COUNTY`], and one of its townships.
pub const ELSEWHERE: &str = "510421";
pub const THERE: &str = "510421100";

/// An ID number with a valid check digit but a fictitious place; `sequence` below 500.
pub fn id_number(sequence: usize) -> String {
    let digits = format!("99999919900101{:03}", sequence * 2);
    format!("{digits}{}", char::from(IdNumber::check(digits.as_bytes())))
}

/// Enters a person at a station: a woman born on 1 January 1990.
pub async fn hire(keeper: &Browser, station: StationId, name: &str, more: &[(&str, &str)]) -> Seen {
    let key = keeper.get(&format!("/persons/new?station={station}")).await.ok().field("key");
    let station = station.to_string();
    let mut fields = vec![
        ("key", key.as_str()),
        ("station", station.as_str()),
        ("name", name),
        ("sex", "female"),
        ("born_on", "1990-01-01"),
        ("employer", "仁和区民政局"),
        ("role", "social_worker"),
        ("is_full_time", "yes"),
        ("kind", "service"),
        ("route", "unified"),
        ("since", "2024-01-01"),
    ];
    fields.retain(|(field, _)| !more.iter().any(|(other, _)| other == field));
    fields.extend(more);
    keeper.post("/persons", &form(&fields)).await
}

/// The path without its query string.
pub fn path(location: &str) -> String {
    location.split('?').next().unwrap().to_owned()
}

/// Enters a certificate valid from the day `from`.
pub async fn certify(keeper: &Browser, person: &str, level: &str, number: &str, issued: &str, from: &str) -> String {
    let key = keeper.get(&format!("{person}/certificates/new")).await.ok().field("key");
    let fields =
        [("key", key.as_str()), ("level", level), ("number", number), ("issued_on", issued), ("valid_from", from)];
    path(&keeper.post(&format!("{person}/certificates"), &form(&fields)).await.done())
}

/// Gives a person another post.
pub async fn post_at(keeper: &Browser, person: &str, station: StationId, more: &[(&str, &str)]) -> Seen {
    let key = keeper.get(&format!("{person}/posts/new")).await.ok().field("key");
    let station = station.to_string();
    let mut fields = vec![
        ("key", key.as_str()),
        ("station", station.as_str()),
        ("role", "supervisor"),
        ("is_full_time", "no"),
        ("kind", "service"),
        ("route", "unified"),
        ("since", "2024-06-01"),
    ];
    fields.retain(|(field, _)| !more.iter().any(|(other, _)| other == field));
    fields.extend(more);
    keeper.post(&format!("{person}/posts"), &form(&fields)).await
}

#[tokio::test]
async fn a_person_is_entered_with_a_post_and_found_by_the_sound_of_the_name() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "张三", &[("phone", "13800000001")]).await.done());

    for q in ["zs", "zhangsan", "%E5%BC%A0"] {
        officer.get(&format!("/persons?q={q}")).await.ok().says("张三");
    }
    assert!(!officer.get("/persons?q=ls").await.ok().html.contains("张三"));
    let page = officer.get(&person).await.ok();
    page.says("仁和镇社工站");
    page.says("138******01");
    assert!(!page.html.contains("13800000001"));
    officer.get(&format!("/stations/{station}/team")).await.ok().says("这个站点现在没有站长");

    let export = officer.post("/persons/export", "").await.ok();
    assert!(export.headers["content-disposition"].to_str().unwrap().contains("xlsx"));
    assert!(!officer.get("/persons?certified=valid").await.html.contains("张三"));
    officer.get("/persons?certified=none&role=social_worker").await.ok().says("张三");
}

#[tokio::test]
async fn an_id_number_is_registered_once_and_says_nothing_of_who_is_out_of_reach() {
    let world = World::new().await;
    let (here, there) =
        (world.sign_in(Role::CountyOfficer, COUNTY).await, world.sign_in(Role::CountyOfficer, ELSEWHERE).await);
    let station = build(&here, TOWNSHIP, "仁和镇社工站", &[]).await;
    let other = build(&there, THERE, "攀莲镇社工站", &[]).await;
    let number = id_number(1);
    let fields = [("id_number", number.as_str()), ("sex", ""), ("born_on", "")];
    hire(&here, station, "张三", &fields).await.done();

    let again = hire(&there, other, "李四", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    again.says("由上级主管部门办理调动");
    assert!(!again.html.contains("张三") && !again.html.contains("仁和镇社工站"), "it tells who or where");
    let twin = world.twin().await.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&twin, TOWNSHIP, "仁和镇社工站", &[]).await;
    hire(&twin, station, "张三", &fields).await.done();
}

#[tokio::test]
async fn numbers_lie_sealed_wherever_they_are_kept() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let number = id_number(2);
    let fields = [("id_number", number.as_str()), ("phone", "13812345678")];
    let person = path(&hire(&officer, station, "张三", &fields).await.done());
    let version = officer.get(&format!("{person}/edit")).await.ok().field("version");
    let edit = [
        ("version", version.as_str()),
        ("name", "张三"),
        ("sex", "female"),
        ("born_on", "1990-01-01"),
        ("phone", "13812345679"),
        ("employer", "仁和区民政局"),
    ];
    officer.post(&person, &form(&edit)).await.done();

    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&world.root)
    .await
    .unwrap();
    for table in tables {
        let query = sqlx::AssertSqlSafe(format!(
            "select count(*) from {table} as row where row::text like '%{number}%' or row::text like '%1381234567%'
                 or row::text like '%' || encode('{number}', 'hex') || '%'"
        ));
        let open: i64 = sqlx::query_scalar(query).fetch_one(&world.root).await.unwrap();
        assert_eq!(open, 0, "{table} holds a number in the open");
    }
}

#[tokio::test]
async fn the_whole_number_takes_a_password_and_a_reason_and_leaves_its_row() {
    let world = World::new().await;
    let account = world.account("何志远", Some(&hash_password("correct horse 7").unwrap())).await;
    let grant = world.grant(account, Role::CountyOfficer, COUNTY, &[]).await;
    let officer = world.session(account, grant).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let number = id_number(3);
    let person = path(&hire(&officer, station, "张三", &[("id_number", &number)]).await.done());
    let page = format!("{person}/numbers");
    let ask = async |password: &str, reason: &str| {
        officer.post(&page, &form(&[("current", password), ("reason", reason)])).await
    };

    assert!(!ask("correct horse 7", "").await.html.contains(&number));
    ask("wrong", "核对劳动合同").await.says("密码不对");
    let before = world.audit_rows().await;
    ask("correct horse 7", "核对劳动合同").await.ok().says(&number);
    assert_eq!(world.audit_rows().await, before + 1);
    let told: String = sqlx::query_scalar("select after::text from audit where act = '查看完整证件号和电话'")
        .fetch_one(&world.root)
        .await
        .unwrap();
    assert!(told.contains("核对劳动合同") && !told.contains(&number));
}

#[tokio::test]
async fn posts_that_cannot_be_are_refused_by_the_database_in_words() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let other = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "张三", &[("role", "head")]).await.done());

    let full = [("is_full_time", "yes"), ("since", "2025-01-01")];
    post_at(&officer, &person, other, &full).await.says("另一段专职任职重叠");
    post_at(&officer, &person, other, &[("is_main", "on")]).await.says("另一段主要任职重叠");
    post_at(&officer, &person, station, &[]).await.says("在这个站点的这段时间已经有任职");
    hire(&officer, station, "李四", &[("role", "head")]).await.says("已经有站长");
    hire(&officer, other, "李四", &[("role", "head"), ("is_full_time", "no")]).await.says("站长要由专职人员担任");
    post_at(&officer, &person, other, &[]).await.done();
    let page = officer.get("/persons").await.ok();
    assert!(!page.html.contains("李四"), "a refused post takes its person with it");
}

#[tokio::test]
async fn who_reaches_the_station_reaches_the_person_and_nobody_else() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let second = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "张三", &[]).await.done());
    post_at(&officer, &person, second, &[]).await.done();
    let certificate = certify(&officer, &person, "assistant", "20230001", "2023-01-01", "2024-01-01").await;

    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;
    head.get(&person).await.ok();
    head.get(&certificate).await.ok();
    let elsewhere = world.sign_in(Role::CountyOfficer, ELSEWHERE).await;
    let neighbour = world.sign_in_for(Role::StationHead, NEXT_TOWNSHIP, &[second]).await;
    let twin = world.twin().await.sign_in(Role::CountyOfficer, COUNTY).await;
    let post = path(officer.get(&person).await.html.split("href=\"/posts/").nth(1).unwrap().split('"').next().unwrap());
    for stranger in [&elsewhere, &neighbour, &twin] {
        let paths = [
            person.clone(),
            format!("{person}/edit"),
            format!("{person}/numbers"),
            format!("{person}/transfer"),
            certificate.clone(),
            format!("{certificate}/scan"),
            format!("/posts/{post}"),
        ];
        for path in paths {
            assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(!stranger.get("/persons").await.html.contains("张三"));
    }
    // The second station shows a card with name and role, without a link to the person.
    let card = neighbour.get(&format!("/stations/{second}/team")).await.ok();
    card.says("张三");
    card.says("督导");
    assert!(!card.html.contains(&person));
    let evaluator = world.sign_in_for(Role::Evaluator, CITY, &[station]).await;
    evaluator.get(&format!("/stations/{station}/team")).await.ok().says("张三");
    assert_eq!(evaluator.get(&person).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_city_and_leaders_read_numbers_and_masked_names() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "张三丰", &[("phone", "13800000001")]).await.done());
    for role in [Role::BureauOfficer, Role::Leader] {
        let reader = world.sign_in(role, CITY).await;
        for page in ["/persons", "/persons?q=zsf", &format!("/stations/{station}/team"), "/staff", "/staff/forecast"] {
            assert!(!reader.get(page).await.ok().html.contains("张三"), "{page}");
        }
        reader.get("/persons").await.ok().says("张**");
        assert_eq!(reader.get(&person).await.status, StatusCode::FORBIDDEN);
        assert_eq!(reader.post("/persons/export", "").await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn an_agencys_manager_reaches_the_agencys_own_people_only() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let agency = world.agency("承接机构").await.to_string();
    let purchased = [("operation_mode", "purchased"), ("agency", agency.as_str())];
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &purchased).await;
    let own = [("agency", agency.as_str()), ("employer", "")];
    let theirs = path(&hire(&officer, station, "机构的人", &own).await.done());
    let others = path(&hire(&officer, station, "民政局的人", &[]).await.done());

    let manager = world.sign_in(Role::AgencyManager, CITY).await;
    manager.get(&theirs).await.ok();
    assert_eq!(manager.get(&others).await.status, StatusCode::NOT_FOUND);
    let list = manager.get("/persons").await.ok();
    assert!(list.html.contains("机构的人") && !list.html.contains("民政局的人"));
    hire(&manager, station, "新来的人", &[]).await.says("请选择本机构");
    hire(&manager, station, "新来的人", &own).await.done();
}

#[tokio::test]
async fn a_transfer_within_reach_ends_one_post_and_begins_another() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let from = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let to = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let person = path(&hire(&officer, from, "张三", &[]).await.done());
    let target = to.to_string();
    let fields = [("station", target.as_str()), ("on", "2026-03-01"), ("reason", "工作需要")];
    officer.post(&format!("{person}/transfer"), &form(&fields)).await.done();

    let page = officer.get(&person).await.ok();
    page.says("2024-01-01 至 2026-02-28");
    page.says("2026-03-01 起");
    let new_head = world.sign_in_for(Role::StationHead, NEXT_TOWNSHIP, &[to]).await;
    new_head.get(&person).await.ok();
    let old_head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[from]).await;
    assert_eq!(old_head.get(&person).await.status, StatusCode::NOT_FOUND, "the person lies elsewhere now");
    old_head.get(&format!("/stations/{from}/team")).await.ok().says("张三");

    // An invalid submission undoes nothing and saves nothing.
    let early = [("station", target.as_str()), ("on", "2020-01-01"), ("reason", "工作需要")];
    let refused = officer.post(&format!("{person}/transfer"), &form(&early)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_transfer_beyond_reach_is_asked_for_and_carried_out_by_who_reaches_both() {
    let world = World::new().await;
    let (here, there) =
        (world.sign_in(Role::CountyOfficer, COUNTY).await, world.sign_in(Role::CountyOfficer, ELSEWHERE).await);
    let from = build(&here, TOWNSHIP, "仁和镇社工站", &[]).await;
    let to = build(&there, THERE, "攀莲镇社工站", &[]).await;
    let person = path(&hire(&here, from, "张三", &[]).await.done());
    let ask = form(&[("to", ELSEWHERE), ("reason", "本人申请")]);
    here.post(&format!("{person}/transfer"), &ask).await.done();
    here.post(&format!("{person}/transfer"), &ask).await.says("已经有一份等待办理");
    here.post(&format!("{person}/transfer"), &form(&[("to", NEXT_TOWNSHIP), ("reason", "本人申请")]))
        .await
        .says("在您的管辖范围内");

    let city = world.sign_in(Role::BureauOfficer, CITY).await;
    let list = city.get("/transfers").await.ok();
    list.says("张*");
    let id = list.html.split("/transfers/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(!there.get("/transfers").await.ok().html.contains(&id), "who reaches one end only sees nothing");
    let target = to.to_string();
    let carry = form(&[("station", target.as_str()), ("on", "2026-03-10")]);
    assert_eq!(here.post(&format!("/transfers/{id}"), &carry).await.status, StatusCode::NOT_FOUND);
    city.post(&format!("/transfers/{id}"), &carry).await.done();
    assert_eq!(city.post(&format!("/transfers/{id}"), &carry).await.status, StatusCode::CONFLICT);

    world.turn_clock_to("2026-03-10T04:00:00Z");
    station_network::app::clock::put_daily_jobs(&world.db, world.network).await.unwrap();
    station_network::app::clock::carry_out(&world.db, world.network).await.unwrap();
    world.turn_clock_to(crate::support::NOON);
    there.get(&person).await.ok().says("攀莲镇社工站");
    assert_eq!(here.get(&person).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_follows_a_station_that_moves() {
    let world = World::new().await;
    let city = world.sign_in(Role::BureauOfficer, CITY).await;
    let here = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&here, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&here, station, "张三", &[]).await.done());
    let version = city.get(&format!("/stations/{station}/move")).await.ok().field("version");
    let fields =
        [("to", THERE), ("on", "2026-03-01"), ("reason", "区划调整"), ("version", &version), ("confirmed", "1")];
    city.post(&format!("/stations/{station}/move"), &form(&fields)).await.done();

    assert_eq!(here.get(&person).await.status, StatusCode::NOT_FOUND);
    world.sign_in(Role::CountyOfficer, ELSEWHERE).await.get(&person).await.ok();
}

#[tokio::test]
async fn an_agencys_manager_asks_before_a_person_changes_county() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let agency = world.agency("承接机构").await.to_string();
    let purchased = [("operation_mode", "purchased"), ("agency", agency.as_str())];
    let here = build(&officer, TOWNSHIP, "仁和镇社工站", &purchased).await;
    let near = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &purchased).await;
    let away = build(&world.sign_in(Role::CountyOfficer, ELSEWHERE).await, THERE, "攀莲镇社工站", &purchased).await;
    let own = [("agency", agency.as_str()), ("employer", "")];
    let person = path(&hire(&officer, here, "张三", &own).await.done());
    let manager = world.sign_in(Role::AgencyManager, CITY).await;
    let page = manager.get(&format!("{person}/transfer")).await.ok();
    assert!(page.html.contains("平地镇社工站") && !page.html.contains("攀莲镇社工站"));
    let go = async |station: StationId| {
        let station = station.to_string();
        let fields = [("station", station.as_str()), ("on", "2026-03-02"), ("reason", "工作需要")];
        manager.post(&format!("{person}/transfer"), &form(&fields)).await
    };
    assert_eq!(go(away).await.status, StatusCode::CONFLICT);
    post_at(&manager, &person, away, &[("is_main", "on"), ("since", "2027-01-01")]).await.says("跨县（区）");
    post_at(&manager, &person, away, &[]).await.done();
    let second: uuid::Uuid =
        sqlx::query_scalar("select id from posts where not is_main").fetch_one(&world.root).await.unwrap();
    let page = manager.get(&format!("/posts/{second}")).await.ok();
    let version = page.field("version");
    let main = [
        ("version", version.as_str()),
        ("role", "supervisor"),
        ("is_full_time", "no"),
        ("kind", "service"),
        ("route", "unified"),
        ("since", "2024-06-01"),
        ("is_main", "on"),
    ];
    manager.post(&format!("/posts/{second}"), &form(&main)).await.says("跨县（区）");
    go(near).await.done();
}

#[tokio::test]
async fn days_before_somebody_was_sixteen_are_refused() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    hire(&officer, station, "张三", &[("since", "2005-12-31")]).await.says("还不满 16 岁");
    let person = path(&hire(&officer, station, "张三", &[("since", "2006-01-01")]).await.done());
    let key = officer.get(&format!("{person}/certificates/new")).await.ok().field("key");
    let early = [("key", key.as_str()), ("level", "assistant"), ("number", "20050001"), ("issued_on", "2005-06-01")];
    officer.post(&format!("{person}/certificates"), &form(&early)).await.says("还不满 16 岁");
}

#[tokio::test]
async fn an_employer_is_an_agency_or_an_authority_not_both() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let agency = world.agency("承接机构").await.to_string();
    hire(&officer, station, "张三", &[("agency", &agency)]).await.says("只填一个");
}

#[tokio::test]
async fn a_station_lists_who_has_a_second_post_there() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let second = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "张三", &[]).await.done());
    assert!(!officer.get(&format!("/persons?station={second}")).await.html.contains("张三"));
    post_at(&officer, &person, second, &[]).await.done();
    for page in [
        format!("/persons?station={second}"),
        format!("/persons?division={NEXT_TOWNSHIP}"),
        "/persons?division=%E5%B9%B3%E5%9C%B0%E9%95%87".to_owned(),
    ] {
        officer.get(&page).await.ok().says("张三");
    }
    officer.get("/persons?division=%E6%B2%A1%E6%9C%89").await.ok().says("这里没有这个区划");
}

#[tokio::test]
async fn a_key_that_is_not_this_databases_is_noticed() {
    use station_network::{
        access::Scope,
        app::config,
        db::{Clock, Db, Mode, Safe, Vault},
        features::people::persons,
    };
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    hire(&officer, station, "张三", &[("id_number", &id_number(8))]).await.done();
    assert!(persons::opens(&mut world.tx(Mode::Read).await).await.unwrap());

    let other = std::sync::Arc::new(Safe::in_memory(Vault::new(&[9; 32]).unwrap()));
    let pool = |size| config::pool(&world.app_options(), size, Duration::from_secs(8));
    let db = Db::new(pool(1), pool(1), Clock::Database, other);
    let mut tx = db.begin(&Scope::of_system(world.network, "测试"), Mode::Read).await.unwrap();
    assert!(!persons::opens(&mut tx).await.unwrap());
}
