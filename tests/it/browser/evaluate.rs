//! An evaluation in the browser: a station scores itself, an expert scores it on a phone, the
//! county moderates and releases, the station appeals.

use fantoccini::{Client, Locator, elements::Element};

use super::{
    hands::{ask, choose_nth, fill, find, follow, follow_to, holds, press, press_in, sees, tap, tap_at, type_into},
    stage::Stage,
};

/// The head of a room completes the self-evaluation, picks a report as evidence and submits.
pub async fn score_oneself(stage: &Stage, browser: &Client) {
    stage.sign_in(browser, "village").await;
    let todo = Locator::XPath("//main//ul[@class='todo']//a[contains(@href, '/evaluations/')]");
    follow(browser, todo).await;
    press(browser, "填写：").await;
    sees(browser, "保存，下一部分").await;
    press(browser, "保存并选材料").await;
    // In the first days of a year there is nothing of it to choose yet.
    if browser.find(Locator::Css("input[name=pick]")).await.is_ok() {
        tap_at(browser, Locator::Css("input[name=pick]")).await;
        press(browser, "选用勾选的材料").await;
        sees(browser, "去掉").await;
    }
    press(browser, "回到自评").await;
    for _ in 0..20 {
        for line in browser.find_all(Locator::Css("fieldset.line")).await.unwrap() {
            // Scroll the line out from under the bar with the buttons.
            let middle = "arguments[0].scrollIntoView({ block: 'center' })";
            browser.execute(middle, vec![serde_json::to_value(&line).unwrap()]).await.unwrap();
            if line.find(Locator::Css("input:checked")).await.is_err() {
                answer(&line).await;
            }
        }
        let next = Locator::XPath("//button[contains(., '保存，下一部分')]");
        match browser.find(next).await {
            Ok(next) => follow_to(browser, next).await,
            Err(_) => break,
        }
        sees(browser, "已保存").await;
    }
    press(browser, "保存，回到自评").await;
    press(browser, "检查并提交").await;
    sees(browser, "各项都已自评").await;
    fill(browser, "summary", "全年按计划开展服务，居民反映较好，档案整理还要加强。").await;
    press(browser, "提交自评").await;
    sees(browser, "自评已提交").await;
}

/// Answers a line: picks the first choice, or types 1 into each number field.
async fn answer(line: &Element) {
    if let Ok(first) = line.find(Locator::Css("input[name^='c.'], input[name^='t.']")).await {
        return first.click().await.unwrap();
    }
    for field in line.find_all(Locator::Css("input[name^='n.'], input[name^='d.']")).await.unwrap() {
        type_into(&field, "1").await;
    }
}

/// An expert scores the remaining lines of a station, at least thirty, one after the other, with
/// words for each, and submits.
pub async fn score_on_site(stage: &Stage, browser: &Client) {
    stage.sign_in(browser, "evaluator").await;
    press_in(browser, "nav", "我的评分").await;
    press(browser, "去评分").await;
    press(browser, "接着评").await;
    let mut scored = 0;
    loop {
        let line = find(browser, Locator::Css("fieldset.line")).await;
        if line.find(Locator::Css("input:checked")).await.is_err() {
            answer(&line).await;
        }
        type_into(&find(browser, Locator::Css("fieldset.line textarea")).await, "现场查看，材料齐全").await;
        press(browser, "保存").await;
        sees(browser, "已保存").await;
        scored += 1;
        if browser.current_url().await.unwrap().path().ends_with("/sheet") {
            break;
        }
    }
    assert!(scored >= 30, "{scored}");
    press(browser, "提交这个站点的评分").await;
    sees(browser, "您已提交评分").await;
}

/// On a small phone an expert stores a station's pages, scores twenty lines, loses the network,
/// scores ten more, and loses the tab. Back online, all thirty arrive, each exactly once.
pub async fn score_without_network(stage: &Stage) {
    let browser = stage.browser(true, 320).await;
    stage.sign_in(&browser, "evaluator").await;
    assert_eq!(ask(&browser, "return document.documentElement.clientWidth").await, 320);
    stage.go(&browser, "/scoring").await;
    let stations = browser.find_all(Locator::XPath("//main//a[.='去评分']")).await.unwrap();
    follow_to(&browser, stations.last().unwrap().clone()).await;
    sees(&browser, "打印评分表").await;
    let sheet = browser.current_url().await.unwrap().path().to_owned();
    tap(&browser, "下载到本机").await;
    sees(&browser, "已经下载到本机").await;
    press(&browser, "接着评").await;
    for _ in 0..20 {
        score_line(&browser).await;
        sees(&browser, "已保存").await;
    }
    stage.network.send(false).unwrap();
    for nth in 1..=10 {
        score_line(&browser).await;
        sees(&browser, &format!("未上传 {nth} 项")).await;
    }
    // The page where a score was filled in still shows it as unsent.
    browser.back().await.unwrap();
    sees(&browser, "还没有上传").await;
    let old = browser.window().await.unwrap();
    let new = browser.new_window(true).await.unwrap();
    browser.switch_to_window(old).await.unwrap();
    browser.close_window().await.unwrap();
    browser.switch_to_window(new.handle).await.unwrap();
    stage.go(&browser, &sheet).await;
    sees(&browser, "未上传 10 项").await;
    sees(&browser, "存在本机").await;
    tap(&browser, "提交这个站点的评分").await;
    sees(&browser, "未上传 10 项").await;

    stage.network.send(true).unwrap();
    tap(&browser, "现在上传").await;
    holds(&browser, "return !document.getElementById('queue')").await;
    stage.go(&browser, &sheet).await;
    sees(&browser, "已评 30 /").await;
    let id = sheet.split('/').nth(2).unwrap();
    let root = sqlx::PgPool::connect_with(stage.fresh.options("postgres")).await.unwrap();
    let written: Vec<i32> =
        sqlx::query_scalar("select version from evaluation_scores where evaluation_id = $1::uuid order by code")
            .bind(id)
            .fetch_all(&root)
            .await
            .unwrap();
    assert_eq!(written, [1; 30]);
    // Sign-out leaves nothing behind on the device.
    press_in(&browser, "header", "退出").await;
    sees(&browser, "忘记密码").await;
    let left = "const names = await caches.keys(); const all = await indexedDB.databases();
        const kept = await navigator.serviceWorker.getRegistrations();
        arguments[0]([names.length, all.length, kept.length].join());";
    let left = browser.execute_async(left_script(left).as_str(), vec![]).await.unwrap();
    assert_eq!(left, "0,0,0");
    browser.close().await.unwrap();
}

/// Wraps an asynchronous script for the driver, which must call its last argument when done.
fn left_script(body: &str) -> String {
    format!("(async function () {{ {body} }}).apply(null, arguments);")
}

/// Scores the current line with a comment, saves, and waits for the next.
async fn score_line(browser: &Client) {
    let line = find(browser, Locator::Css("form[data-score] fieldset.line")).await;
    if line.find(Locator::Css("input:checked")).await.is_err() {
        answer(&line).await;
    }
    type_into(&find(browser, Locator::Css("fieldset.line textarea")).await, "现场查看，材料齐全").await;
    let before = browser.current_url().await.unwrap();
    tap(browser, "保存").await;
    let next = format!("return document.readyState === 'complete' && location.pathname !== '{}'", before.path());
    holds(browser, &next).await;
}

/// The county settles the disputed lines, excludes the unfinished stations and releases; the head
/// of the station reads the result and appeals.
pub async fn release_and_appeal(stage: &Stage, browser: &Client) {
    stage.sign_in(browser, "county").await;
    press_in(browser, "nav", "年度评估").await;
    press(browser, "年度社工站评估").await;
    press(browser, "合议和结果").await;
    let results = browser.current_url().await.unwrap().path().to_owned();
    loop {
        stage.go(browser, &results).await;
        let waiting = Locator::XPath("//p[contains(., '没有完成合议')]//a");
        let Ok(station) = browser.find(waiting).await else { break };
        let is_through = station.text().await.unwrap().contains("专家已评完");
        follow_to(browser, station).await;
        if is_through {
            moderate(browser).await;
        } else {
            if browser.current_url().await.unwrap().path().ends_with("/moderation") {
                press(browser, "自评").await;
            }
            fill(browser, "words", "本年度改为书面检查").await;
            press(browser, "退出本轮评估").await;
            sees(browser, "状态已变更").await;
        }
    }
    press(browser, "发布结果").await;
    sees(browser, "结果已发布").await;

    stage.sign_in(browser, "head").await;
    let todo = Locator::XPath("//main//ul[@class='todo']//a[contains(@href, '/result')]");
    follow(browser, todo).await;
    sees(browser, "总分怎么来的").await;
    press(browser, "申请复核").await;
    choose_nth(browser, "#code", 2).await;
    fill(browser, "words", "当天的材料在隔壁办公室，已补拍照片。").await;
    follow(browser, Locator::Css("form.solo-form button")).await;
    sees(browser, "待复核").await;
}

/// Settles every disputed line of the station on this page and completes its moderation.
async fn moderate(browser: &Client) {
    for _ in 0..40 {
        let open = Locator::Css("tr.disputed details[open] form");
        let Ok(line) = browser.find(open).await else { break };
        line.find(Locator::Css("input[name=points]")).await.unwrap().send_keys("0").await.unwrap();
        line.find(Locator::Css("textarea")).await.unwrap().send_keys("现场复看后的结论").await.unwrap();
        follow_to(browser, line.find(Locator::Css("button")).await.unwrap()).await;
    }
    press(browser, "完成合议").await;
    sees(browser, "已完成合议").await;
}
