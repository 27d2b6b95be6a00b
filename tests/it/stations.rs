//! The register of stations: entry, reach, states, moves, mergers, import and export.

use axum::http::StatusCode;
use calamine::Reader;
use station_network::{access::Role, kernel::StationId};

use crate::{
    accounts::workbook,
    support::{Browser, CITY, COUNTY, NEXT_TOWNSHIP, Seen, TOWNSHIP, VILLAGE, World, form},
};

/// Headings of the station table, as exported and imported.
const HEADS: [&str; 18] = [
    "编号",
    "名称",
    "区划代码",
    "上级站编号",
    "状态",
    "开站日期",
    "运营方式",
    "承接机构",
    "构建方式",
    "省级试点",
    "治理试点",
    "涉改",
    "荣誉",
    "地址",
    "位置",
    "电话",
    "场所",
    "面积",
];

/// Enters a station through the form and returns its id.
pub async fn build(officer: &Browser, division: &str, name: &str, more: &[(&str, &str)]) -> StationId {
    let seen = try_to_build(officer, division, name, more).await;
    let location = seen.done();
    location.trim_start_matches("/stations/").split('?').next().unwrap().parse().unwrap()
}

async fn try_to_build(officer: &Browser, division: &str, name: &str, more: &[(&str, &str)]) -> Seen {
    let page = officer.get(&format!("/stations/new?at={division}&here=1")).await.ok();
    let (key, code) = (page.field("key"), page.field("code"));
    let mut fields = vec![
        ("key", key.as_str()),
        ("division", division),
        ("name", name),
        ("state", "operating"),
        ("opened_on", "2021-06-01"),
    ];
    if !more.iter().any(|(field, _)| *field == "code") {
        fields.push(("code", &code));
    }
    fields.retain(|(field, _)| !more.iter().any(|(other, _)| other == field));
    fields.extend(more);
    officer.post("/stations", &form(&fields)).await
}

#[tokio::test]
async fn a_station_is_entered_found_and_edited() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社会工作站", &[]).await;

    officer.get("/stations?q=rhz").await.ok().says("仁和镇社会工作站");
    officer.get("/stations?q=renhezhen").await.ok().says("仁和镇社会工作站");
    officer.get("/stations?q=xyz").await.ok().says("没有符合条件的站点");

    let edit = officer.get(&format!("/stations/{id}/edit")).await.ok();
    let version = edit.field("version");
    let code = edit.field("code");
    let fields = |name| {
        form(&[("version", &version), ("code", &code), ("name", name), ("since", "2026-03-01"), ("area_m2", "３００")])
    };
    officer.post(&format!("/stations/{id}"), &fields("仁和社工站")).await.done();
    let page = officer.get(&format!("/stations/{id}")).await.ok();
    page.says("300 ㎡");
    page.says("<td>仁和镇社会工作站</td>");

    let stale = officer.post(&format!("/stations/{id}"), &fields("又改了")).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    stale.says("有人改过这个站点");
    stale.says("value=\"又改了\"");
    let version = stale.field("version");
    let fields = form(&[("version", &version), ("code", &code), ("name", "又改了"), ("since", "2026-03-01")]);
    officer.post(&format!("/stations/{id}"), &fields).await.done();
}

#[tokio::test]
async fn a_bad_station_comes_back_as_typed() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;

    let more = [("opened_on", "去年"), ("area_m2", "三百"), ("operation_mode", "purchased")];
    let seen = try_to_build(&officer, TOWNSHIP, "站", &more).await;

    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("有 4 处需要核对");
    seen.says("value=\"去年\"");
    seen.says("value=\"三百\"");
}

#[tokio::test]
async fn a_code_is_given_once_and_a_county_has_one_general_station() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    build(&officer, COUNTY, "仁和区社工总站", &[("code", "A-1")]).await;

    let twice = try_to_build(&officer, TOWNSHIP, "仁和镇社工站", &[("code", "A-1")]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    twice.says("这个编号已经有别的站点用了");

    let second = try_to_build(&officer, COUNTY, "第二总站", &[("code", "A-2")]).await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
    second.says("一个县（区）只设一个");

    let elsewhere = world.twin().await;
    let other = elsewhere.sign_in(Role::CountyOfficer, COUNTY).await;
    build(&other, COUNTY, "仁和区社工总站", &[("code", "A-1")]).await;
}

#[tokio::test]
async fn a_form_pressed_twice_makes_one_station() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let page = officer.get(&format!("/stations/new?at={TOWNSHIP}&here=1")).await.ok();
    let (key, code) = (page.field("key"), page.field("code"));
    let fields = [
        ("key", key.as_str()),
        ("division", TOWNSHIP),
        ("name", "仁和镇社工站"),
        ("code", &code),
        ("opened_on", "2021-06-01"),
    ];
    let fields = form(&fields);

    let (one, two) = tokio::join!(officer.post("/stations", &fields), officer.post("/stations", &fields));

    let path = |seen: Seen| seen.done().split('?').next().unwrap().to_owned();
    assert_eq!(path(one), path(two));
}

#[tokio::test]
async fn a_station_out_of_reach_does_not_exist() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let twin = world.twin().await;

    let strangers = [
        world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await,
        world.sign_in(Role::CountyOfficer, "510402").await,
        world.sign_in_for(Role::StationHead, TOWNSHIP, &[]).await,
        twin.sign_in(Role::BureauOfficer, CITY).await,
    ];
    for stranger in strangers {
        let there = stranger.get(&format!("/stations/{id}")).await;
        let nowhere = stranger.get(&format!("/stations/{}", StationId::new())).await;
        assert_eq!(there.status, StatusCode::NOT_FOUND);
        let plain = |seen: &Seen| {
            let at = seen.html.find("请求编号").unwrap();
            seen.html[..at].to_owned()
        };
        assert_eq!(plain(&there), plain(&nowhere), "out of reach and absent look the same");
        assert!(!stranger.get("/stations").await.html.contains("仁和镇社工站"));
    }
    for path in ["edit", "state", "move", "merge"] {
        let other = world.sign_in(Role::CountyOfficer, "510402").await;
        assert_eq!(other.get(&format!("/stations/{id}/{path}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_head_sees_their_station_and_its_rooms_and_no_more() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let station = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let parent = station.to_string();
    build(&officer, VILLAGE, "一号社工室", &[("parent", &parent)]).await;
    build(&officer, "510411100002", "二号社工室", &[("parent", "")]).await;

    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[station]).await;

    let home = head.get("/").await.ok();
    home.says("仁和镇社工站");
    home.says("一号社工室");
    assert!(!home.html.contains("二号社工室"));
    assert_eq!(head.get(&format!("/places/{TOWNSHIP}")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_neighbours_station_shows_its_card_where_it_serves() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[("phone", "0812-7700001")]).await;

    officer.post(&format!("/stations/{id}/served"), &form(&[("served", NEXT_TOWNSHIP)])).await.done();

    let neighbour = world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await;
    let home = neighbour.get("/").await.ok();
    home.says("服务这里的片区站点");
    home.says("0812-7700001");
    assert_eq!(neighbour.get(&format!("/stations/{id}")).await.status, StatusCode::NOT_FOUND);
    let third = world.sign_in(Role::TownshipOfficer, "510411102").await;
    assert!(!third.get("/").await.html.contains("0812-7700001"));
    officer.post(&format!("/stations/{id}/served/{NEXT_TOWNSHIP}/removal"), "").await.done();
    assert!(!neighbour.get("/").await.html.contains("0812-7700001"));
}

async fn version(officer: &Browser, id: StationId) -> String {
    officer.get(&format!("/stations/{id}/edit")).await.ok().field("version")
}

#[tokio::test]
async fn states_follow_their_path_and_leave_their_periods() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let change = async |state: &str, on: &str| {
        let version = version(&officer, id).await;
        officer
            .post(
                &format!("/stations/{id}/state"),
                &form(&[("version", &version), ("state", state), ("on", on), ("reason", "装修")]),
            )
            .await
    };

    change("suspended", "2022-01-01").await.done();
    let early = change("operating", "2021-12-31").await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    early.says("变更日期不能早于这一天");
    let ahead = change("operating", "2026-03-06").await;
    assert_eq!(ahead.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change("planned", "2022-02-01").await.status, StatusCode::CONFLICT);
    change("operating", "2022-02-01").await.done();
    change("closed", "2023-01-01").await.done();
    assert_eq!(change("operating", "2023-02-01").await.status, StatusCode::CONFLICT);

    let periods: Vec<(String, String)> =
        sqlx::query_as("select since::text, state from station_periods where station_id = $1 order by since")
            .bind(id)
            .fetch_all(&world.root)
            .await
            .unwrap();
    let periods: Vec<_> = periods.iter().map(|(since, state)| (since.as_str(), state.as_str())).collect();
    let expected = [
        ("2021-06-01", "operating"),
        ("2022-01-01", "suspended"),
        ("2022-02-01", "operating"),
        ("2023-01-01", "closed"),
    ];
    assert_eq!(periods, expected);
}

#[tokio::test]
async fn moving_a_station_changes_who_reaches_it_and_not_its_past() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let head = world.sign_in_for(Role::StationHead, TOWNSHIP, &[id]).await;
    let version = version(&officer, id).await;
    let mut fields =
        vec![("version", version.as_str()), ("to", NEXT_TOWNSHIP), ("on", "2024-07-01"), ("reason", "区划调整")];

    let plan = officer.post(&format!("/stations/{id}/move"), &form(&fields)).await.ok();
    plan.says("请核对，还没有保存");
    fields.push(("confirmed", "1"));
    officer.post(&format!("/stations/{id}/move"), &form(&fields)).await.done();

    let (old, new) = (
        world.sign_in(Role::TownshipOfficer, TOWNSHIP).await,
        world.sign_in(Role::TownshipOfficer, NEXT_TOWNSHIP).await,
    );
    assert_eq!(old.get(&format!("/stations/{id}")).await.status, StatusCode::NOT_FOUND);
    new.get(&format!("/stations/{id}")).await.ok().says("2024-06-30");
    head.get(&format!("/stations/{id}")).await.ok();
    let past: Vec<(String, String)> =
        sqlx::query_as("select division_then, division from station_periods where station_id = $1 order by since")
            .bind(id)
            .fetch_all(&world.root)
            .await
            .unwrap();
    assert_eq!(past, [(TOWNSHIP.into(), NEXT_TOWNSHIP.into()), (NEXT_TOWNSHIP.into(), NEXT_TOWNSHIP.into())]);
}

#[tokio::test]
async fn a_merged_station_closes_and_hands_over_its_rooms() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let (one, two) = (
        build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await,
        build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await,
    );
    let parent = one.to_string();
    let room = build(&officer, VILLAGE, "一号社工室", &[("parent", &parent)]).await;
    let (version, into) = (version(&officer, one).await, two.to_string());
    let mut fields = vec![("version", version.as_str()), ("into", &into), ("on", "2025-01-01"), ("reason", "合署")];

    officer.post(&format!("/stations/{one}/merge"), &form(&fields)).await.ok().says("一号社工室");
    fields.push(("confirmed", "1"));
    assert_eq!(
        officer.post(&format!("/stations/{one}/merge"), &form(&fields)).await.done(),
        format!("/stations/{two}?done=merged")
    );

    officer.get(&format!("/stations/{one}")).await.ok().says("撤销");
    officer.get(&format!("/stations/{room}")).await.ok().says("平地镇社工站");
    world.sign_in(Role::TownshipOfficer, TOWNSHIP).await.get("/").await.ok().says("平地镇社工站");
}

#[tokio::test]
async fn the_register_is_exported_as_filtered_and_text_stays_text() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    build(&officer, TOWNSHIP, "=cmd|' /C calc'!A0", &[]).await;
    build(&officer, NEXT_TOWNSHIP, "平地镇社工站", &[]).await;

    let file = officer.post("/stations/export", &form(&[("division", TOWNSHIP)])).await.ok();

    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(file.bytes)).unwrap();
    assert_eq!(book.worksheet_formula("站点名册").unwrap().used_cells().count(), 0);
    let range = book.worksheet_range("站点名册").unwrap();
    assert_eq!(range.height(), 2, "the heads and the one station asked for");
    assert_eq!(range.get_value((1, 1)).unwrap().to_string(), "=cmd|' /C calc'!A0");
    assert_eq!(range.get_value((1, 3)).unwrap().to_string(), TOWNSHIP);
}

#[tokio::test]
async fn stations_come_by_the_table_after_a_dry_run() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let known = build(&officer, TOWNSHIP, "仁和镇社工站", &[("code", "R-1")]).await;
    let row = |code, name, division, parent, opened, address| {
        let mut row = vec![""; HEADS.len()];
        (row[0], row[1], row[2], row[3], row[5], row[13]) = (code, name, division, parent, opened, address);
        row
    };
    let rows = [
        row("R-1", "仁和镇社工站", TOWNSHIP, "", "2021-06-01", "人民路 1 号"),
        row("R-2", "一号社工室", VILLAGE, "R-1", "2021-07-01", ""),
        row("R-3", "别处的站", "510402001", "", "2021-07-01", ""),
        row("R-4", "没有日期", NEXT_TOWNSHIP, "", "", ""),
    ];

    let check = officer.upload("/stations/import", &workbook(&HEADS, &rows)).await.done();
    let page = officer.get(&check).await.ok();
    page.says("新建 1 行，修改 1 行，没有变化 0 行，不能导入 2 行");
    page.says("管辖范围内没有这个区划代码");
    page.says("运行过的站点请填写开站日期");
    let refused = officer.post(&format!("{check}/refused"), "").await.ok();
    assert_eq!(refused.headers["content-type"], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    assert!(!officer.get("/stations").await.html.contains("一号社工室"), "nothing is saved before the word");

    assert_eq!(officer.post(&check, "").await.done(), "/stations?done=imported");
    officer.get("/stations").await.ok().says("一号社工室");
    officer.get(&format!("/stations/{known}")).await.ok().says("人民路 1 号");
}

#[tokio::test]
async fn a_file_that_is_no_workbook_or_a_bomb_is_refused() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;

    officer.upload("/stations/import", b"not a workbook").await.says("这不是 xlsx 表格文件");
    officer.upload("/stations/import", b"").await.says("请选择要上传的 xlsx 文件");
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    bomb.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut bomb, &vec![b' '; 80 * 1024 * 1024]).unwrap();
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 200_000);
    let seen = officer.upload("/stations/import", &bomb).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    seen.says("解压后太大");
}

#[tokio::test]
async fn a_blank_cell_of_an_import_changes_nothing() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id =
        build(&officer, TOWNSHIP, "仁和镇社工站", &[("code", "R-1"), ("venue", "党群服务中心"), ("area_m2", "300")])
            .await;
    let export = officer.post("/stations/export", "").await.ok();
    let check = officer.upload("/stations/import", &export.bytes).await.done();
    officer.get(&check).await.ok().says("没有变化 1 行");

    let mut row = vec![""; HEADS.len()];
    (row[0], row[2], row[13]) = ("R-1", TOWNSHIP, "人民路 1 号");
    let check = officer.upload("/stations/import", &workbook(&HEADS, &[row])).await.done();
    officer.get(&check).await.ok().says("修改</span> 地址");
    officer.post(&check, "").await.done();

    let page = officer.get(&format!("/stations/{id}")).await.ok();
    for kept in ["人民路 1 号", "党群服务中心", "300 ㎡"] {
        page.says(kept);
    }
}

#[tokio::test]
async fn a_station_with_rooms_is_not_closed_and_a_mistake_is_not_counted() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let id = build(&officer, TOWNSHIP, "仁和镇社工站", &[]).await;
    let parent = id.to_string();
    let room = build(&officer, VILLAGE, "一号社工室", &[("parent", &parent)]).await;
    let close = async |id: StationId| {
        let version = version(&officer, id).await;
        let fields = [
            ("version", version.as_str()),
            ("state", "closed"),
            ("on", "2026-03-01"),
            ("reason", "登记错了"),
            ("mistake", "on"),
        ];
        officer.post(&format!("/stations/{id}/state"), &form(&fields)).await
    };

    let refused = close(id).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("还有 1 个所属站点");
    world.settle().await;
    officer.get("/?year=2021").await.ok().says("<dt>2021 年建成</dt><dd>2<small>");
    close(room).await.done();
    close(id).await.done();
    world.settle().await;

    officer.get(&format!("/stations/{id}")).await.ok().says("登记错了");
    officer.get("/?year=2021").await.ok().says("<dt>2021 年建成</dt><dd>0<small>");
}
