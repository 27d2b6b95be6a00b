//! A station scores itself, an expert scores it on a telephone, the county moderates and
//! releases, the station appeals.

use std::time::Duration;

use fantoccini::{Client, Locator, elements::Element};

use super::{Stage, fill, press, press_in, sees};

/// The head of a room answers what is left of the self-evaluation, picks a report as
/// evidence and submits.
pub async fn score_oneself(stage: &Stage, browser: &Client) {
    stage.sign_in(browser, "village").await;
    let todo = Locator::XPath("//main//ul[@class='todo']//a[contains(@href, '/evaluations/')]");
    browser.find(todo).await.unwrap().click().await.unwrap();
    press(browser, "填写：").await;
    sees(browser, "保存，下一部分").await;
    press(browser, "保存并选材料").await;
    browser.find(Locator::Css("input[name=pick]")).await.unwrap().click().await.unwrap();
    press(browser, "选用勾选的材料").await;
    sees(browser, "去掉").await;
    press(browser, "回到自评").await;
    for _ in 0..20 {
        for line in browser.find_all(Locator::Css("fieldset.line")).await.unwrap() {
            // As one scrolls: away from under the bar with the buttons.
            let middle = "arguments[0].scrollIntoView({ block: 'center' })";
            browser.execute(middle, vec![serde_json::to_value(&line).unwrap()]).await.unwrap();
            if line.find(Locator::Css("input:checked")).await.is_err() {
                answer(&line).await;
            }
        }
        let next = Locator::XPath("//button[contains(., '保存，下一部分')]");
        match browser.find(next).await {
            Ok(next) => next.click().await.unwrap(),
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

/// An answer to whatever is asked: the first of several, one of one.
async fn answer(line: &Element) {
    if let Ok(first) = line.find(Locator::Css("input[name^='c.'], input[name^='t.']")).await {
        return first.click().await.unwrap();
    }
    for field in line.find_all(Locator::Css("input[name^='n.'], input[name^='d.']")).await.unwrap() {
        field.clear().await.unwrap();
        field.send_keys("1").await.unwrap();
    }
}

/// An expert scores what is left of a station, more than thirty lines, one after the other;
/// a deduction without words is refused and nothing is lost. The panel is through.
pub async fn score_on_site(stage: &Stage, browser: &Client) {
    stage.sign_in(browser, "evaluator").await;
    press_in(browser, "nav", "我的评分").await;
    press(browser, "去评分").await;
    press(browser, "接着评").await;
    let mut scored = 0;
    loop {
        let line = browser.find(Locator::Css("fieldset.line")).await.unwrap();
        if line.find(Locator::Css("input:checked")).await.is_err() {
            answer(&line).await;
        }
        let words = browser.find(Locator::Css("fieldset.line textarea")).await.unwrap();
        words.clear().await.unwrap();
        words.send_keys("现场查看，材料齐全").await.unwrap();
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

/// The county settles what is disputed, takes out the stations that are not through, and
/// releases; the head of the station reads the result and appeals.
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
        station.click().await.unwrap();
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
    browser.find(todo).await.unwrap().click().await.unwrap();
    sees(browser, "总分怎么来的").await;
    press(browser, "申请复核").await;
    super::choose_nth(browser, "#code", 2).await;
    fill(browser, "words", "当天的材料在隔壁办公室，已补拍照片。").await;
    browser.find(Locator::Css("form.solo-form button")).await.unwrap().click().await.unwrap();
    sees(browser, "待复核").await;
}

/// Settles each disputed line of the station on this page and ends its moderation.
async fn moderate(browser: &Client) {
    for _ in 0..40 {
        let open = Locator::Css("tr.disputed details[open] form");
        let Ok(line) = browser.find(open).await else { break };
        line.find(Locator::Css("input[name=points]")).await.unwrap().send_keys("0").await.unwrap();
        line.find(Locator::Css("textarea")).await.unwrap().send_keys("现场复看后的结论").await.unwrap();
        line.find(Locator::Css("button")).await.unwrap().click().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    press(browser, "完成合议").await;
    sees(browser, "已完成合议").await;
}
