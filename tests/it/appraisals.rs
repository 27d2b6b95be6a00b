//! Draws of projects to be appraised, and the import of projects.

use crate::projects::Deal;
use crate::support::{TOWNSHIP, form};

#[tokio::test]
async fn a_draw_is_on_record_and_projects_are_imported() {
    let deal = Deal::new().await;
    let path = deal.running("510411-2026-01").await;
    let draw = async |seed: &str, share: &str| {
        let key = deal.city.get("/projects/draws").await.ok().field("key");
        deal.city
            .post("/projects/draws", &form(&[("key", &key), ("year", "2026"), ("seed", seed), ("share", share)]))
            .await
    };
    draw("0305", "29%").await.says("不能低于 30%");
    draw("0305", "30%").await.done();
    let page = deal.county.get("/projects/draws").await;
    assert!(!page.html.contains("0305"), "what the city drew is the city's");
    deal.city.get("/projects/draws").await.ok().says("种子「0305」");
    deal.city.get("/projects/draws").await.ok().says(&path);

    let template = deal.county.get("/projects/import/template").await.ok();
    assert!(template.bytes.len() > 1000);
    let heads = [
        "项目编号",
        "项目名称",
        "年度",
        "购买方",
        "落地乡镇代码",
        "服务类别",
        "采购方式",
        "计划编号",
        "包号",
        "主管部门",
        "服务内容",
        "预算（元）",
        "资金来源",
        "福彩用途",
        "覆盖站点编号",
    ];
    let row = |number: &'static str, sources: &'static str| {
        vec![
            number,
            "导入的项目",
            "2026",
            "",
            TOWNSHIP,
            "社会工作服务",
            "公开招标",
            "",
            "",
            "",
            "",
            "5万",
            sources,
            "",
            "",
        ]
    };
    let rows = [
        row("N-1", "本级财政预算 30000；其他部门资金 20000"),
        row("N-2", "彩票 50000"),
        row("510411-2026-01", "本级财政预算 50000"),
    ];
    let book = crate::accounts::workbook(&heads, &rows);
    let check = deal.county.upload("/projects/import", &book).await.done();
    let seen = deal.county.get(&check).await.ok();
    seen.says("新建 1 行");
    seen.says("请选择资金来源");
    seen.says("已经有这个编号的项目，这一行不导入");
    deal.county.post(&check, "").await.done();
    deal.county.get("/projects?q=N-1").await.ok().says("导入的项目");
    deal.county.post("/projects/export", "year=2026").await.ok();
}
