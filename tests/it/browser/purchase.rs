//! A county buys a service in the browser, from the plan to the second payment.

use fantoccini::{Client, Locator};

use super::{
    hands::{choose, choose_nth, fill, follow, press, put, sees, tap_at},
    stage::Stage,
};

/// A county plans and files a project, the city acknowledges it, and the county awards, signs and
/// starts it. The first instalment is paid; the second is requested too early, refused with a
/// reason, and paid once the project passes its mid-term evaluation.
pub async fn purchase_a_service(stage: &Stage, browser: &Client) {
    let today = stage.today.to_string();
    let year = &today[..4];
    stage.sign_in(browser, "county").await;
    stage.go(browser, "/projects/new").await;
    fill(browser, "name", "大龙潭乡巡回服务项目").await;
    fill(browser, "budget", "20万").await;
    choose(browser, "[name=source_kind]", "fiscal").await;
    put(browser, "[name=source_amount]", "200,000").await;
    tap_at(browser, Locator::Css("[name=stations]")).await;
    press(browser, "保存").await;
    // The network's rule on linked resources is soft: breaking it requires a reason.
    sees(browser, "不符合弹性规则").await;
    put(browser, "[name=reason]", "山区机构没有可以链接的资源").await;
    press(browser, "保存").await;
    sees(browser, "已新建").await;
    let path = browser.current_url().await.unwrap().path().to_owned();
    press(browser, "去报送").await;
    fill(browser, "document", "年度购买服务计划补充").await;
    press(browser, "报送备案").await;
    sees(browser, "等待确认").await;
    stage.sign_in(browser, "city").await;
    stage.go(browser, &format!("/filings?year={year}")).await;
    press(browser, "已报，待确认").await;
    press(browser, "确认备案").await;
    sees(browser, "已备案").await;
    stage.sign_in(browser, "county").await;
    stage.go(browser, &path).await;
    fill(browser, "words-procure", "三份材料有纸质存档").await;
    press(browser, "开始采购").await;
    sees(browser, "项目已推进").await;
    sees(browser, "还没有选定承接机构").await;
    stage.go(browser, &format!("{path}/award")).await;
    choose_nth(browser, "#agency", 2).await;
    fill(browser, "awarded_on", &today).await;
    press(browser, "保存").await;
    stage.go(browser, &format!("{path}/contract")).await;
    for (field, text) in
        [("contract_number", "HT-9"), ("signed_on", &today), ("starts_on", &today), ("ends_on", "2099-12-31")]
    {
        fill(browser, field, text).await;
    }
    for (field, text) in
        [("item_name", "巡回服务"), ("item_unit", "年"), ("item_price", "20万"), ("item_quantity", "1")]
    {
        put(browser, &format!("[name={field}]"), text).await;
    }
    put(browser, "[name=pay_amount]", "60%").await;
    choose(browser, "[name=pay_trigger]", "signing").await;
    put(browser, "tr:nth-child(2) [name=pay_amount]", "40%").await;
    choose(browser, "tr:nth-child(2) [name=pay_trigger]", "midterm").await;
    press(browser, "保存").await;
    sees(browser, "200,000.00").await;
    stage.go(browser, &format!("{path}/budget")).await;
    choose(browser, "[name=category]", "service").await;
    put(browser, "[name=amount]", "19万").await;
    choose(browser, "tr:nth-child(2) [name=category]", "growth").await;
    put(browser, "tr:nth-child(2) [name=amount]", "1万").await;
    press(browser, "保存").await;
    stage.go(browser, &format!("{path}/deliverables/edit")).await;
    for (field, text) in [("name", "巡回服务"), ("unit", "次"), ("planned", "40")] {
        put(browser, &format!("[name={field}]"), text).await;
    }
    choose(browser, "[name=stage]", "final").await;
    press(browser, "保存").await;
    for step in ["签约", "开始执行"] {
        follow(browser, Locator::XPath(&format!("//button[normalize-space()='{step}']"))).await;
        sees(browser, "项目已推进").await;
    }
    pay_through(stage, browser, &path).await;
}

async fn pay_through(stage: &Stage, browser: &Client, path: &str) {
    for seq in [1, 2] {
        stage.go(browser, &format!("{path}/payments")).await;
        tap_at(browser, Locator::Css(&format!("#p{seq} summary"))).await;
        put(browser, &format!("#invoice-{seq}"), "05021700").await;
        press(browser, "提交申请").await;
        sees(browser, "已提交付款申请").await;
        press(browser, "批准付款").await;
        if seq == 2 {
            sees(browser, "现在还没有评估结果。请先完成中期评估").await;
            stage.go(browser, path).await;
            press(browser, "进入中期评估").await;
            sees(browser, "项目已推进").await;
            stage.go(browser, &format!("{path}/appraisals")).await;
            choose(browser, "#kind", "midterm").await;
            fill(browser, "score", "86.5").await;
            fill(browser, "findings", "服务按计划开展").await;
            press(browser, "保存").await;
            sees(browser, "良好 86.5 分").await;
            stage.go(browser, &format!("{path}/payments")).await;
            press(browser, "批准付款").await;
        }
        sees(browser, "已批准").await;
        press(browser, "登记付款").await;
        fill(browser, "voucher", "付-9").await;
        press(browser, "确认已付").await;
        sees(browser, "已登记付款").await;
    }
    stage.go(browser, path).await;
    sees(browser, "200,000.00").await;
}
