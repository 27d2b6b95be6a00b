//! The register of agencies: entry, bans, inspections, import.

use axum::http::StatusCode;
use station_network::access::Role;

use crate::support::{Browser, COUNTY, Seen, TOWNSHIP, World, form};

async fn register(officer: &Browser, name: &str, more: &[(&str, &str)]) -> Seen {
    let key = officer.get("/agencies/new").await.ok().field("key");
    let mut fields = vec![("key", key.as_str()), ("name", name)];
    fields.extend(more);
    officer.post("/agencies", &form(&fields)).await
}

fn path(seen: Seen) -> String {
    seen.done().split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_agency_is_registered_found_and_edited() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let more = [("grade", "4a"), ("founded_on", "2015-03-01"), ("domains", "elderly_service"), ("domains", "charity")];
    let agency = path(register(&officer, "木棉社会工作服务中心", &more).await);

    officer.get("/agencies?grade=4a&domain=charity").await.ok().says("木棉社会工作服务中心");
    assert!(!officer.get("/agencies?grade=5a").await.html.contains("木棉"));
    let page = officer.get(&agency).await.ok();
    page.says("养老服务、慈善服务");
    page.says("2015-03-01");
    officer.post("/agencies/export", "grade=4a").await.ok();

    let version = officer.get(&format!("{agency}/edit")).await.ok().field("version");
    let fields = |legal| form(&[("version", &version), ("name", "木棉社会工作服务中心"), ("legal_person", legal)]);
    officer.post(&agency, &fields("林一")).await.done();
    let overtaken = officer.post(&agency, &fields("林二")).await;
    assert_eq!(overtaken.status, StatusCode::UNPROCESSABLE_ENTITY);
    overtaken.says("有人改过这家机构");
    overtaken.says("value=\"林二\"");
}

#[tokio::test]
async fn a_name_and_a_credit_code_are_registered_once_a_network() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let code = [("credit_code", "91350100M000100Y43")];
    register(&officer, "木棉", &code).await.done();

    register(&officer, "木棉", &[]).await.says("已经有这个名称");
    register(&officer, "金沙", &code).await.says("已经有这个统一社会信用代码");
    register(&officer, "二滩", &[("credit_code", "91350100M000100Y4Z")]).await.says("不含 I、O、S、V、Z");
    let twin = world.twin().await.sign_in(Role::CountyOfficer, COUNTY).await;
    register(&twin, "木棉", &code).await.done();
}

#[tokio::test]
async fn a_barred_agency_keeps_what_it_has_and_gets_nothing_new() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let agency = path(register(&officer, "木棉社会工作服务中心", &[]).await);
    let id = agency.trim_start_matches("/agencies/").to_owned();
    let purchased = [("operation_mode", "purchased"), ("agency", id.as_str())];
    let station = crate::stations::build(&officer, TOWNSHIP, "仁和镇社工站", &purchased).await;

    let unreasoned = officer.post(&format!("{agency}/standing"), "standing=barred").await;
    assert_eq!(unreasoned.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = form(&[("standing", "barred"), ("reason", "年检不合格")]);
    officer.post(&format!("{agency}/standing"), &fields).await.done();

    officer.get(&agency).await.ok().says("禁止承接：年检不合格");
    assert!(!officer.get(&format!("/stations/new?at={TOWNSHIP}&here=1")).await.html.contains("木棉"));
    officer.get(&format!("/stations/{station}/edit")).await.ok().says("木棉");
    let page = officer.get("/stations/new?at=510411101&here=1").await.ok();
    let (key, code) = (page.field("key"), page.field("code"));
    let smuggled = [
        ("key", key.as_str()),
        ("division", "510411101"),
        ("name", "平地镇社工站"),
        ("code", &code),
        ("opened_on", "2021-06-01"),
        ("operation_mode", "purchased"),
        ("agency", &id),
    ];
    officer.post("/stations", &form(&smuggled)).await.says("不能承接新的站点");
}

#[tokio::test]
async fn inspections_are_noted_by_year_and_corrected() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let agency = path(register(&officer, "木棉社会工作服务中心", &[]).await);
    let note = async |year: &str, result: &str| {
        officer.post(&format!("{agency}/inspections"), &form(&[("year", year), ("result", result)])).await
    };

    note("２０２５", "qualified").await.done();
    note("2025", "basic").await.done();
    assert_eq!(note("2027", "qualified").await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let page = officer.get(&agency).await.ok();
    page.says("<td>基本合格</td>");
    assert!(!page.html.contains("<td>合格</td>"));
    let leader = world.sign_in(Role::Leader, COUNTY).await;
    assert!(!leader.get(&agency).await.ok().html.contains("登记年检结果"));
}

#[tokio::test]
async fn agencies_are_imported_from_their_own_export_and_a_table() {
    let world = World::new().await;
    let officer = world.sign_in(Role::CountyOfficer, COUNTY).await;
    let agency = path(register(&officer, "木棉社会工作服务中心", &[("legal_person", "林一")]).await);
    let export = officer.post("/agencies/export", "").await.ok();
    let check = officer.upload("/agencies/import", &export.bytes).await.done();
    officer.get(&check).await.ok().says("没有变化 1 行");
    officer.post(&check, "").await.says("没有可以导入的机构");

    let heads =
        ["名称", "统一社会信用代码", "法定代表人", "等级", "成立日期", "登记机关", "服务领域", "联系人", "电话"];
    let row = |name, code, grade, domains| vec![name, code, "", grade, "", "", domains, "", ""];
    let rows = [
        row("木棉社会工作服务中心", "91350100M000100Y43", "4A", "养老服务、社会救助"),
        row("金沙社会工作服务中心", "", "", "慈善服务"),
        row("二滩社会工作服务中心", "91350100M000100Y4Z", "", ""),
        row("三滩社会工作服务中心", "", "", "别的"),
    ];
    let check = officer.upload("/agencies/import", &crate::accounts::workbook(&heads, &rows)).await.done();
    let page = officer.get(&check).await.ok();
    page.says("新建 1 行，修改 1 行，没有变化 0 行，不能导入 2 行");
    page.says("没有「别的」这个领域");
    officer.post(&check, "").await.done();
    officer.get("/agencies").await.ok().says("金沙社会工作服务中心");
    let page = officer.get(&agency).await.ok();
    page.says("林一");
    page.says("养老服务、社会救助");
}
