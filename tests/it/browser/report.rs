//! Monthly reports in the browser: typed by keyboard, pasted, returned, corrected.

use fantoccini::{Client, Locator};
use serde_json::json;

use super::{
    hands::{ask, choose, fill, find, follow, holds, press, sees, tap, tap_at, type_into},
    stage::Stage,
};

/// Path of a report of the demo head's station, found in the list of reports.
async fn report_of(stage: &Stage, browser: &Client) -> String {
    stage.sign_in(browser, "head").await;
    stage.go(browser, "/reports?tab=all&q=rhzshgzz").await;
    let links = "return [...document.querySelectorAll('#rows tbody a')].map(a => a.getAttribute('href'))";
    find(browser, Locator::Css("#rows tbody a")).await;
    let links = ask(browser, links).await;
    links.as_array().unwrap()[0].as_str().unwrap().to_owned()
}

/// Explains each unusual figure and submits.
async fn check_and_submit(browser: &Client) {
    press(browser, "保存并核对提交").await;
    sees(browser, "提交给").await;
    for note in browser.find_all(Locator::Css("form input[id^=n]")).await.unwrap() {
        type_into(&note, "核对过签到表，属实").await;
    }
    press(browser, "提交给").await;
    sees(browser, "回执编号").await;
}

async fn tick(browser: &Client, cell: &str) {
    let path = format!("input[name=cell][value={cell}]");
    tap_at(browser, Locator::Css(&path)).await;
}

/// A head fixes the two returned cells, the county returns two again, the head fixes them, the
/// county approves.
pub async fn mend_a_returned_report(stage: &Stage, browser: &Client) {
    let path = report_of(stage, browser).await;
    stage.go(browser, "/").await;
    press(browser, "继续填写").await;
    sees(browser, "退回了这份月报").await;
    // The form is submitted while a slow autosave is still sending an earlier value.
    let slow = "const real = window.fetch;
        window.fetch = (...all) => real(...all).then(answer => new Promise(done => setTimeout(() => done(answer), 1500)))";
    ask(browser, slow).await;
    fill(browser, "v1", "30").await;
    ask(browser, "document.activeElement.blur()").await;
    holds(browser, "return document.querySelector('[data-state]').textContent === '正在保存'").await;
    fill(browser, "v1", "301").await;
    fill(browser, "v4", "230人次").await;
    check_and_submit(browser).await;
    stage.sign_in(browser, "county").await;
    stage.go(browser, &path).await;
    sees(browser, "改，原").await;
    return_two_cells(browser).await;
    stage.sign_in(browser, "head").await;
    stage.go(browser, &format!("{path}/edit")).await;
    sees(browser, "要看的格子").await;
    fill(browser, "v42", "215").await;
    check_and_submit(browser).await;
    stage.sign_in(browser, "county").await;
    stage.go(browser, &path).await;
    press(browser, "通过").await;
    sees(browser, "已通过").await;
}

async fn return_two_cells(browser: &Client) {
    tick(browser, "v1").await;
    tick(browser, "v42").await;
    tap_at(browser, Locator::Css("#decide summary")).await;
    choose(browser, "#reason", "wrong").await;
    fill(browser, "words", "走访户数和记录差 3 户").await;
    follow(browser, Locator::Css("button[name=decision][value=return]")).await;
    sees(browser, "已退回").await;
}

/// Correction of an approved report: requested, granted, filled in, and returned once on the way.
pub async fn correct_an_approved_report(stage: &Stage, browser: &Client) {
    let path = report_of(stage, browser).await;
    stage.go(browser, &path).await;
    tap_at(browser, Locator::Css("#correct summary")).await;
    fill(browser, "correct-why", "漏了两场活动").await;
    press(browser, "提出申请").await;
    sees(browser, "已提出申请").await;
    stage.sign_in(browser, "county").await;
    stage.go(browser, &path).await;
    press(browser, "同意更正").await;
    sees(browser, "已同意更正").await;
    stage.sign_in(browser, "head").await;
    stage.go(browser, &format!("{path}/edit")).await;
    fill(browser, "v26", "9").await;
    check_and_submit(browser).await;
    for (who, returns) in [("township", true), ("township", false), ("county", false)] {
        if !returns && who == "township" {
            stage.sign_in(browser, "head").await;
            stage.go(browser, &format!("{path}/edit")).await;
            fill(browser, "v42", "210").await;
            check_and_submit(browser).await;
        }
        stage.sign_in(browser, who).await;
        stage.go(browser, &path).await;
        if returns {
            return_two_cells(browser).await;
        } else {
            press(browser, "通过").await;
            sees(browser, "已通过").await;
        }
    }
    stage.go(browser, &path).await;
    sees(browser, "已更正 1 次").await;
}

/// Types forty cells of this month's report by keyboard alone, then pastes a column from a table.
pub async fn type_and_paste(stage: &Stage, browser: &Client) {
    let last = report_of(stage, browser).await;
    let station = last.rsplit_once('/').unwrap().0.to_owned();
    let path = format!("{station}/{}/edit", &stage.today.to_string()[..7]);
    stage.go(browser, &path).await;
    sees(browser, "项已填").await;
    ask(browser, "const first = document.querySelector('#report input[id^=v]'); first.focus(); first.select()").await;
    for _ in 0..40 {
        browser.active_element().await.unwrap().send_keys("3\u{e007}").await.unwrap();
    }
    saved(browser).await;
    let threes =
        "return [...document.querySelectorAll('#report input[id^=v]')].slice(0, 40).every(i => i.value === '3')";
    assert_eq!(ask(browser, threes).await, json!(true));
    stage.go(browser, &path).await;
    assert_eq!(ask(browser, threes).await, json!(true), "it is in the database");

    let paste = "const first = document.querySelector('#report input[id^=v]'); const data = new DataTransfer();
        data.setData('text', Array.from({ length: 40 }, (_, n) => (n + 1) + '人').join('\\n'));
        first.focus(); first.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));";
    ask(browser, paste).await;
    sees(browser, "将填入 40 格").await;
    tap_at(browser, Locator::Css("#pasted .pri")).await;
    sees(browser, "已填入 40 格").await;
    saved(browser).await;
    tap(browser, "撤销").await;
    holds(browser, threes).await;
    saved(browser).await;
    stage.go(browser, &path).await;
    assert_eq!(ask(browser, threes).await, json!(true), "the paste was undone");
}

/// Waits until the page says that everything is saved.
async fn saved(browser: &Client) {
    ask(browser, "document.activeElement.blur()").await;
    let is_saved = "const s = document.querySelector('[data-state]').textContent;
        return s.startsWith('已保存') && [...document.querySelectorAll('#report input[id]')].every(i => i.value === document.getElementById('report').elements['was-' + i.name].value)";
    holds(browser, is_saved).await;
}
