//! User journeys in headless Chromium against the demo network, with and without JavaScript, and
//! axe-core on every page in every role. Skipped if there is no browser, except under `CI=true`.

mod evaluate;
mod hands;
mod purchase;
mod report;
mod stage;

use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use self::{
    hands::{choose, fill, find, follow, holds, press, put, sees, tap_at},
    stage::Stage,
};
use crate::{demo::DAYS_THAT_MATTER, persons::id_number};

/// From the city down to one room and back by search: at most four clicks.
async fn walk_down(stage: &Stage, browser: &Client) {
    stage.sign_in(browser, "city").await;
    sees(browser, "攀枝花市社工站建设情况").await;
    press(browser, "仁和区").await;
    sees(browser, "仁和区社工站建设情况").await;
    press(browser, "仁和镇").await;
    sees(browser, "仁和镇的站点").await;
    press(browser, "社会工作室").await;
    sees(browser, "基本情况").await;
    fill_search(browser, "rhz").await;
    sees(browser, "仁和镇社会工作站").await;
}

async fn fill_search(browser: &Client, words: &str) {
    put(browser, "input[type=search]", words).await;
    follow(browser, Locator::Css(".search button")).await;
}

/// A county officer enters a station, fixes the refused fields, and closes it again.
async fn build_a_station(stage: &Stage, browser: &Client, name: &str) {
    stage.sign_in(browser, "county").await;
    stage.go(browser, "/stations/new?at=510411102&here=1").await;
    fill(browser, "name", "站").await;
    fill(browser, "opened_on", "2025-03-01").await;
    press(browser, "保存").await;
    sees(browser, "处需要核对").await;
    fill(browser, "name", name).await;
    press(browser, "保存").await;
    sees(browser, "已新建").await;
    press(browser, "变更状态").await;
    fill(browser, "reason", "场地装修").await;
    press(browser, "保存").await;
    sees(browser, "状态已变更").await;
    sees(browser, "暂停").await;
}

/// A county officer enters a person with a post and a certificate, then imports thirty more from
/// a table with five bad rows, fixes the rows and imports it again.
async fn hire_people(stage: &Stage, browser: &Client, go: usize) {
    stage.go(browser, "/persons/new?q=rhz").await;
    press(browser, "仁和镇社会工作站").await;
    let name = ["石行舟", "石远山"][go];
    fill(browser, "name", name).await;
    fill(browser, "id_number", "999999199001010221").await;
    press(browser, "保存").await;
    sees(browser, "最后一位校验不对").await;
    fill(browser, "id_number", &id_number(400 + go)).await;
    press(browser, "保存").await;
    sees(browser, "已新建").await;
    press(browser, "登记证书").await;
    choose(browser, "#level", "assistant").await;
    fill(browser, "number", &format!("旅程{go}00001")).await;
    fill(browser, "issued_on", &stage.today.plus_months(-16).to_string()).await;
    fill(browser, "valid_from", &stage.today.plus_months(-12).to_string()).await;
    press(browser, "保存").await;
    sees(browser, "登记有效").await;
    let search = format!("/persons?q={}", ["sxz", "sys"][go]);
    stage.go(browser, &search).await;
    sees(browser, name).await;

    let (good, bad) = crate::staff::thirty(go, "510411100-01");
    for (rows, told) in
        [(bad, "新建 25 行，修改 0 行，没有变化 0 行，不能导入 5 行"), (good, "新建 5 行，修改 0 行，没有变化 25 行")]
    {
        let file =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("people-{}.xlsx", uuid::Uuid::new_v4()));
        std::fs::write(&file, rows).unwrap();
        stage.go(browser, "/persons/import").await;
        find(browser, Locator::Id("file")).await.send_keys(file.to_str().unwrap()).await.unwrap();
        press(browser, "上传并核对").await;
        sees(browser, told).await;
        press(browser, "导入：").await;
        sees(browser, "已导入").await;
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_with_and_without_javascript() {
    // With LONG=1 also on days that matter; LONG=2026-01-07 plays that day alone.
    let long = std::env::var("LONG").unwrap_or_default();
    let days: Vec<&str> = match long.as_str() {
        "" => vec!["2026-03-17"],
        named if named.contains('-') => named.split(',').collect(),
        _ => ["2026-03-17"].into_iter().chain(DAYS_THAT_MATTER).collect(),
    };
    for day in days {
        let Some(stage) = Stage::set(day).await else { return };
        println!("on {day}");
        journeys(&stage).await;
    }
}

async fn journeys(stage: &Stage) {
    for (go, (script, width, name)) in
        [(true, 1280, "田坝社会工作站"), (false, 390, "新桥社会工作站")].into_iter().enumerate()
    {
        let browser = stage.browser(script, width).await;
        walk_down(stage, &browser).await;
        build_a_station(stage, &browser, name).await;
        hire_people(stage, &browser, go).await;
        if script {
            report::type_and_paste(stage, &browser).await;
            report::mend_a_returned_report(stage, &browser).await;
        } else {
            report::correct_an_approved_report(stage, &browser).await;
        }
        purchase::purchase_a_service(stage, &browser).await;
        if script {
            evaluate::score_oneself(stage, &browser).await;
            evaluate::score_without_network(stage).await;
        } else {
            evaluate::score_on_site(stage, &browser).await;
            evaluate::release_and_appeal(stage, &browser).await;
        }
        browser.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_page_as_any_role() {
    let Some(stage) = Stage::set("2026-03-17").await else { return };
    let browser = stage.browser(true, 1280).await;
    let axe = include_str!("../browser/axe.min.js");
    let check = "const done = arguments[arguments.length - 1];
        axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
            .then(found => done(found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | '))));";
    let mut found = vec![];
    stage.go(&browser, "/sign-in").await;
    let roles = [
        "city",
        "county",
        "township",
        "leader",
        "head",
        "village",
        "worker",
        "agency",
        "evaluator",
        "sysadmin",
        "security",
        "audit",
        "operator",
    ];
    let mut pages = vec![("nobody", "/sign-in".to_owned())];
    for (role, large) in roles.iter().map(|role| (*role, false)).chain([("county", true)]) {
        stage.sign_in(&browser, role).await;
        if large {
            tap_at(&browser, Locator::XPath("//header//button[.='大字版']")).await;
            holds(&browser, "return document.documentElement.classList.contains('large')").await;
        }
        let links = "return [...document.querySelectorAll('.side a, main a')].map(a => a.getAttribute('href'))
            .filter(href => href && href.startsWith('/') && !href.includes('/template'))";
        let mut todo: Vec<String> = vec!["/".to_owned(), "/nowhere".to_owned(), "/account/password".to_owned()];
        let mut seen: Vec<String> = vec![];
        // Visit pages of the same shape once, ignoring ids and codes.
        let shape = |path: &str| {
            path.split('?')
                .next()
                .unwrap()
                .split('/')
                .map(|part| if part.len() > 8 && part.contains(|c: char| c.is_ascii_digit()) { "…" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        while let Some(path) = todo.pop() {
            if seen.contains(&shape(&path)) || seen.len() > 60 {
                continue;
            }
            seen.push(shape(&path));
            stage.go(&browser, &path).await;
            if let Value::Array(found) = browser.execute(links, vec![]).await.unwrap() {
                todo.extend(found.iter().filter_map(|link| Some(link.as_str()?.to_owned())));
            }
            browser.execute(axe, vec![]).await.unwrap();
            let violations = browser.execute_async(check, vec![]).await.unwrap();
            if violations != json!([]) {
                found.push(format!("{role} {path}: {violations}"));
            }
            pages.push((role, path));
        }
    }
    browser.close().await.unwrap();
    println!("{} pages", pages.len());
    assert!(pages.len() > 100, "only {} pages were walked", pages.len());
    assert!(found.is_empty(), "{}", found.join("\n"));
}
