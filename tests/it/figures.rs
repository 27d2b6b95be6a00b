//! Figures of places: planned and built stations, coverage, readiness, moves.

use station_network::{
    access::Role,
    app::{demo, router},
    db::Clock,
};

use crate::{
    stations::build,
    support::{CITY, COUNTY, Fresh, NEXT_TOWNSHIP, TOWNSHIP, VILLAGE, World, app_on, bare_pool, db_on, form},
};

/// The figures in a place's row of the city's page: (planned, built) by level.
async fn row(world: &World, name: &str, query: &str) -> Vec<String> {
    let page = world.sign_in(Role::BureauOfficer, CITY).await.get(&format!("/places/{CITY}?{query}")).await.ok();
    let (_, rest) = page.html.split_once(&format!(">{name}</a>")).unwrap();
    let cells = rest.split("</tr>").next().unwrap();
    cells.split("<td class=\"number\">").skip(1).map(|cell| cell.split('<').next().unwrap().trim().to_owned()).collect()
}

#[tokio::test]
async fn what_is_planned_and_built_adds_up_the_tree() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let task = form(&[("general-unstated", "1"), ("township-county_built", "３"), ("village-unstated", "8")]);
    officer.post(&format!("/tasks/{COUNTY}/2021"), &task).await.done();
    build(&officer, COUNTY, "仁和区社工总站", &[]).await;
    build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    build(&officer, VILLAGE, "一号社工室", &[]).await;
    build(&officer, "510411100002", "二号社工室", &[("opened_on", "2022-01-01")]).await;
    world.settle().await;

    let cells = row(&world, "仁和区", "year=2021").await;

    assert_eq!(cells[..11], ["1", "1", "3", "1", "8", "1", "12", "3", "25%", "1", "3"]);
    let page = officer.get("/?year=2021").await.ok();
    page.says("仁和区本级");
    officer.get("/tasks?year=2021").await.ok().says("25%");
}

#[tokio::test]
async fn a_move_changes_the_figures_of_now_and_not_of_then() {
    let world = World::new().await;
    let city = world.sign_in(Role::BureauOfficer, CITY).await;
    let id = build(&city, TOWNSHIP, "仁和镇社工站", &[]).await;
    world.settle().await;
    let before = row(&world, "仁和区", "year=2021&basis=then").await;
    let version = city.get(&format!("/stations/{id}/edit")).await.ok().field("version");
    let fields = [
        ("version", version.as_str()),
        ("to", "510402001"),
        ("on", "2024-07-01"),
        ("reason", "区划调整"),
        ("confirmed", "1"),
    ];

    city.post(&format!("/stations/{id}/move"), &form(&fields)).await.done();
    world.settle().await;

    assert_eq!(row(&world, "仁和区", "year=2021&basis=then").await, before);
    assert_eq!(row(&world, "仁和区", "year=2021&basis=now").await[7], "0");
    assert_eq!(row(&world, "东区", "year=2021&basis=now").await[7], "1");
    assert_eq!(row(&world, "东区", "year=2021&basis=then").await[7], "0");
}

#[tokio::test]
async fn coverage_counts_ones_own_station_and_a_neighbours() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    officer.post(&format!("/stations/{id}/served"), &form(&[("served", NEXT_TOWNSHIP)])).await.done();
    world.settle().await;

    officer.get("/?year=2026").await.ok().says("有站点 1，片区覆盖 1，共 14");
}

#[tokio::test]
async fn computing_again_changes_nothing() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    world.settle().await;
    let all = "select string_agg(f::text, '|' order by year, basis, division) from figures f";
    let before: String = sqlx::query_scalar(all).fetch_one(&world.root).await.unwrap();

    sqlx::query("insert into figure_marks (network_id, id, division) select network_id, gen_random_uuid(), code from divisions where level <> 'village'")
        .execute(&world.root)
        .await
        .unwrap();
    world.settle().await;

    let after: String = sqlx::query_scalar(all).fetch_one(&world.root).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn readiness_climbs_with_its_checks_and_counts_above() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let checks: Vec<(String, &str)> =
        ["1.1", "1.3a", "1.5a", "1.5b", "2.2", "4.2"].iter().map(|code| (format!("v{code}"), "yes")).collect();
    let fields: Vec<(&str, &str)> = checks.iter().map(|(name, verdict)| (name.as_str(), *verdict)).collect();

    officer.post(&format!("/stations/{id}/readiness"), &form(&fields)).await.done();
    world.settle().await;

    officer.get(&format!("/stations/{id}")).await.ok().says("<strong>五有</strong>");
    officer.get("/stations?readiness=1").await.ok().says("仁和镇社工站");
    officer.get("/").await.ok().says("<dt>五有以上</dt><dd>100%");
    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[id]).await;
    head.get(&format!("/stations/{id}/readiness")).await.ok().says("达到");
    assert_eq!(head.post(&format!("/stations/{id}/readiness"), "v1.7=yes").await.status.as_u16(), 403);
}

#[tokio::test]
async fn annex_1_comes_out_of_the_demo() {
    let fresh = Fresh::empty().await;
    let db = db_on(&fresh.options("station_app"), Clock::Database);
    demo::fill(&db).await.unwrap();
    let router = router(app_on(&db, demo::CODE).await);
    let root = bare_pool(&fresh.options("postgres"));
    let counties: Vec<(String, Vec<i32>, Vec<i32>)> =
        sqlx::query_as("select division, planned, built from figures where year = 2021 and basis = 'then' and (length(division) = 6 or division = '5104') order by division")
            .fetch_all(&root)
            .await
            .unwrap();
    let annex = [
        ("5104", vec![5, 12, 31]),
        ("510402", vec![1, 4, 7]),
        ("510403", vec![1, 1, 4]),
        ("510411", vec![1, 3, 8]),
        ("510421", vec![1, 3, 9]),
        ("510422", vec![1, 1, 3]),
    ];
    let expected: Vec<_> =
        annex.into_iter().map(|(code, numbers)| (code.to_owned(), numbers.clone(), numbers)).collect();
    assert_eq!(counties, expected);
    drop(router);
    let again = demo::fill(&db).await;
    assert!(again.is_err(), "the demo goes into an empty database only");
}
