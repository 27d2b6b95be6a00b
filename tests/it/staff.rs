//! Staff figures, registrations, education, reminders, stored files and the import of persons.

use axum::http::StatusCode;
use calamine::Reader;
use station_network::{access::Role, app::clock};

use crate::{
    accounts::workbook,
    persons::{certify, hire, id_number, path, post_at},
    stations::build,
    support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, NOON, TOWNSHIP, World, form},
};

/// The smallest PDF that an upload accepts.
pub(crate) const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF\n";

fn figures(page: &str) -> Vec<String> {
    page.split("<dd>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn past_months_stay_what_they_were_after_transfers_moves_and_leavings() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let here = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let there = build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    let stays = path(&hire(&officer, here, "甲某", &[]).await.done());
    let moves = path(&hire(&officer, here, "乙某", &[("since", "2024-03-01")]).await.done());
    certify(&officer, &stays, "assistant", "20230001", "2023-01-01", "2023-06-01").await;
    certify(&officer, &moves, "assistant", "20230002", "2023-01-01", "2023-06-01").await;
    let town = |month: &str| format!("/staff?place={TOWNSHIP}&month={month}");
    let before: Vec<_> = ["2024-02", "2024-06", "2025-12"].map(town).to_vec();
    let mut seen = vec![];
    for page in &before {
        seen.push(figures(&officer.get(page).await.ok().html));
    }
    assert_eq!(seen[0][..2], ["1", "1"], "one in post, one certified");
    assert_eq!(seen[1][..4], ["2", "2", "2", "1"], "two in post make a station of two");

    let target = there.to_string();
    let fields = [("station", target.as_str()), ("on", "2026-01-10"), ("reason", "工作需要")];
    officer.post(&format!("{moves}/transfer"), &form(&fields)).await.done();
    let post = officer.get(&stays).await.ok().html;
    let post = post.split("href=\"/posts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    officer.post(&format!("/posts/{post}/end"), &form(&[("until", "2026-01-31"), ("reason", "辞职")])).await.done();

    for (page, figures_then) in before.iter().zip(&seen) {
        assert_eq!(&figures(&officer.get(page).await.ok().html), figures_then, "{page}");
    }
    assert_eq!(figures(&officer.get(&town("2026-02")).await.ok().html)[0], "0");
    let county = figures(&officer.get("/staff?month=2026-01").await.ok().html);
    assert_eq!(county[0], "2");
}

#[tokio::test]
async fn a_county_keeps_the_past_numbers_of_a_station_that_moved_away() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let city = world.sign_in(Role::BureauOfficer, CITY).await;
    let moves = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    for (name, number) in [("甲某", "20230001"), ("乙某", "20230002")] {
        let person = path(&hire(&officer, moves, name, &[]).await.done());
        certify(&officer, &person, "assistant", number, "2023-01-01", "2023-06-01").await;
    }
    let pages = ["/staff?month=2024-05", "/staff?month=2025-12", "/staff?month=2026-01"];
    let read = async |who: &Browser| {
        let mut seen = vec![];
        for page in pages {
            seen.push(figures(&who.get(page).await.ok().html));
        }
        seen
    };
    let (county_then, city_then) = (read(&officer).await, read(&city).await);
    assert_eq!(county_then[0], ["2", "2", "2", "1"]);

    let version = city.get(&format!("/stations/{moves}/move")).await.ok().field("version");
    let fields = [
        ("to", crate::persons::THERE),
        ("on", "2026-02-01"),
        ("reason", "区划调整"),
        ("version", &version),
        ("confirmed", "1"),
    ];
    city.post(&format!("/stations/{moves}/move"), &form(&fields)).await.done();
    assert_eq!(read(&officer).await, county_then, "the former county");
    assert_eq!(read(&city).await, city_then, "the city, which sees both, counts once");
    assert_eq!(figures(&officer.get("/staff?month=2026-02").await.ok().html)[0], "0");
    let there = world.sign_in(Role::CountyOfficer, crate::persons::ELSEWHERE).await;
    assert_eq!(figures(&there.get("/staff?month=2026-01").await.ok().html)[0], "0", "it was not theirs then");
    assert_eq!(figures(&there.get("/staff?month=2026-02").await.ok().html)[0], "2");
}

#[tokio::test]
async fn a_county_page_lists_stations_by_the_day_they_fall_below_two() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let tight = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;
    for (name, number, more) in
        [("甲某", "20230001", ("contract_until", "2026-04-13")), ("乙某", "20230002", ("contract_until", ""))]
    {
        let person = path(&hire(&officer, tight, name, &[more]).await.done());
        certify(&officer, &person, "assistant", number, "2023-01-01", "2025-06-01").await;
    }
    let page = officer.get("/staff/forecast").await.ok();
    page.says("2026-04-14 起不足 2 人（40 天后）");
    page.says("甲某合同到期");
    let (short, falls) = (page.html.find("平地镇社工站").unwrap(), page.html.find("仁和镇社工站").unwrap());
    assert!(short < falls, "who is short today comes first");
    officer.get(&format!("/stations/{tight}/team")).await.ok().says("2026-04-14 起不足 2 人");
    let export = officer.post("/staff/forecast/export", "").await.ok();
    let mut book = calamine::open_workbook_from_rs::<calamine::Xlsx<_>, _>(std::io::Cursor::new(export.bytes)).unwrap();
    assert_eq!(book.worksheet_range_at(0).unwrap().unwrap().height(), 3);
    officer.post("/reminders/export", "").await.ok();
}

#[tokio::test]
async fn an_associate_or_a_lapsed_registration_does_not_count_for_two() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    for (name, level, number, from) in [
        ("甲某", "assistant", "20230001", "2025-06-01"),
        ("乙某", "associate", "20230002", "2025-06-01"),
        ("丙某", "senior", "20230003", "2022-06-01"),
    ] {
        let person = path(&hire(&officer, station, name, &[]).await.done());
        certify(&officer, &person, level, number, "2022-01-01", from).await;
    }
    let team = officer.get(&format!("/stations/{station}/team")).await.ok();
    team.says("现在不足 2 人");
    team.says("登记失效");
    assert!(!team.html.contains("作废"));
}

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

#[tokio::test]
async fn each_reminder_is_made_exactly_once_and_settled_by_a_renewal() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "甲某", &[]).await.done());
    let certificate = certify(&officer, &person, "assistant", "20230001", "2022-01-01", "2023-04-01").await;
    let run = async |at: &str| {
        world.turn_clock_to(at);
        let put = || clock::put_daily_jobs(&world.db, world.network);
        let (one, two) = tokio::join!(put(), put());
        one.and(two).unwrap();
        let work = || clock::carry_out(&world.db, world.network);
        let (one, two) = tokio::join!(work(), work());
        one.and(two).unwrap();
        let kinds: Vec<String> =
            sqlx::query_scalar("select kind from reminders where kind <> 'education' order by made_at, kind")
                .fetch_all(&world.root)
                .await
                .unwrap();
        kinds.join(" ")
    };
    // The registration is valid until 2026-03-31.
    assert_eq!(run("2025-12-30T04:00:00Z").await, "");
    assert_eq!(run("2025-12-31T04:00:00Z").await, "lapse_90");
    assert_eq!(run("2026-01-01T04:00:00Z").await, "lapse_90 window");
    assert_eq!(run("2026-03-01T04:00:00Z").await, "lapse_90 window lapse_30");
    assert_eq!(run("2026-03-02T04:00:00Z").await, "lapse_90 window lapse_30");
    assert_eq!(run("2026-03-24T04:00:00Z").await, "lapse_90 window lapse_30 lapse_7");

    world.turn_clock_to(NOON);
    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;
    for page in [head.get("/").await.ok(), officer.get("/").await.ok(), head.get("/reminders").await.ok()] {
        page.says("甲某");
        page.says("登记 7 天内到期");
    }
    let key = officer.get(&certificate).await.ok().field("key");
    let renew = [("key", key.as_str()), ("kind", "renewal"), ("state", "completed"), ("valid_from", "2026-04-01")];
    officer.post(&format!("{certificate}/registrations"), &form(&renew)).await.done();
    assert!(!head.get("/reminders").await.ok().html.contains("登记 7 天内到期"), "it no longer matters");
}

const HEADS: [&str; 21] = [
    "姓名",
    "身份证号",
    "性别",
    "出生日期",
    "电话",
    "学历",
    "政治面貌",
    "承接机构",
    "聘用单位",
    "站点编号",
    "岗位",
    "专职或兼职",
    "岗位类别",
    "岗位等级",
    "招录方式",
    "到岗日期",
    "合同到期日",
    "证书级别",
    "证书编号",
    "发证日期",
    "登记有效期起",
];

/// A workbook of thirty people at a station, and the same with five bad rows. A different `go`
/// gives different people.
pub fn thirty(go: usize, station: &str) -> (Vec<u8>, Vec<u8>) {
    let names: Vec<String> = (0..30).map(|at| format!("导入{go}{at:02}")).collect();
    let numbers: Vec<String> = (0..30).map(|at| id_number(100 + go * 40 + at)).collect();
    let papers: Vec<String> = (0..30).map(|at| format!("2025{go}{at:04}")).collect();
    let row = |at: usize| {
        let mut row = vec![""; HEADS.len()];
        (row[0], row[1], row[8], row[9], row[10], row[11], row[12], row[14], row[15]) =
            (&names[at], &numbers[at], "仁和区民政局", station, "社工", "专职", "服务岗", "统一招聘", "2024-01-01");
        if at.is_multiple_of(2) {
            (row[17], row[18], row[19], row[20]) = ("助理社会工作师", &papers[at], "2024-10-01", "2025-01-01");
        }
        row
    };
    let good: Vec<Vec<&str>> = (0..30).map(row).collect();
    let mut bad = good.clone();
    bad[3][1] = "999999199001010221";
    bad[7][9] = "R-9";
    bad[11][15] = "昨天";
    bad[12][17] = "特级";
    bad[20][1] = bad[19][1];
    (workbook(&HEADS, &good), workbook(&HEADS, &bad))
}

#[tokio::test]
async fn thirty_rows_with_five_bad_ones_are_imported_in_two_goes() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    build(&officer, TOWNSHIP, "仁和镇社工站", &[("code", "R-1")]).await;
    let (good, bad) = thirty(0, "R-1");

    let check = officer.upload("/persons/import", &bad).await.done();
    let page = officer.get(&check).await.ok();
    page.says("新建 25 行");
    page.says("不能导入 5 行");
    page.says("校验不对");
    page.says("没有这个编号的站点");
    page.says("和第 21 行的身份证号重复");
    assert!(!officer.get("/persons").await.html.contains("导入000"), "nothing is saved before the word");
    let back = officer.post(&format!("{check}/refused"), "").await.ok();
    let mut back = calamine::open_workbook_from_rs::<calamine::Xlsx<_>, _>(std::io::Cursor::new(back.bytes)).unwrap();
    assert_eq!(back.worksheet_range_at(0).unwrap().unwrap().height(), 6);
    officer.post(&check, "").await.done();

    let check = officer.upload("/persons/import", &good).await.done();
    let page = officer.get(&check).await.ok();
    page.says("新建 5 行");
    page.says("没有变化 25 行");
    officer.post(&check, "").await.done();
    officer.get("/persons").await.ok().says("共 30 条");
    officer.get("/persons?certified=valid").await.ok().says("共 15 条");
    assert_eq!(officer.post(&check, "").await.done(), "/persons?done=imported_before", "carried out once");
}

#[tokio::test]
async fn a_row_of_somebody_known_changes_what_it_says_and_no_more() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[("code", "R-1")]).await;
    build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[("code", "R-2")]).await;
    let number = id_number(5);
    let person = path(&hire(&officer, station, "甲某", &[("id_number", &number)]).await.done());
    let mut row = vec![""; HEADS.len()];
    (row[1], row[5]) = (&number, "硕士");
    let check = officer.upload("/persons/import", &workbook(&HEADS, &[row.clone()])).await.done();
    officer.get(&check).await.ok().says("修改 1 行");
    officer.post(&check, "").await.done();
    let page = officer.get(&person).await.ok();
    page.says("硕士");
    page.says("仁和区民政局");
    row[9] = "R-2";
    let check = officer.upload("/persons/import", &workbook(&HEADS, &[row])).await.done();
    officer.get(&check).await.ok().says("办「调动」");
}

#[tokio::test]
async fn the_pages_of_people_take_few_statements() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let person = path(&hire(&officer, station, "甲某", &[]).await.done());
    post_at(&officer, &person, build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await, &[]).await.done();
    certify(&officer, &person, "assistant", "20230001", "2023-01-01", "2025-06-01").await;
    let team = format!("/stations/{station}/team");
    for page in
        [person.as_str(), &team, "/persons", "/staff", "/staff/forecast", "/reminders", "/persons/new", "/transfers"]
    {
        let count = crate::support::counted(&officer.get(page).await.ok());
        assert!((1..=8).contains(&count), "{page}: {count} statements");
    }
    let city = world.sign_in(Role::BureauOfficer, CITY).await;
    let count = crate::support::counted(&city.get("/education/rules").await.ok());
    assert!(count <= 8, "{count}");
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
