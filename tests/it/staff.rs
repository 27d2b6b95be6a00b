//! Staff figures, registrations, education, reminders, stored files and the import of persons.

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
    officer.post(&format!("/posts/{post}/ending"), &form(&[("until", "2026-01-31"), ("reason", "辞职")])).await.done();

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
