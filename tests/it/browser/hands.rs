//! Interactions with a page: find, click, type, choose. Finding waits for an element; clicking
//! returns once the next page has loaded. No step relies on a fixed delay.

use std::time::{Duration, Instant};

use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};

/// Time limit for a page to load on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The first matching element, as soon as it appears.
#[track_caller]
pub fn find<'a>(browser: &'a Client, what: Locator<'a>) -> impl Future<Output = Element> + 'a {
    let asked = std::panic::Location::caller();
    async move {
        let found = browser.wait().at_most(PATIENCE).for_element(what).await;
        match found {
            Ok(found) => found,
            Err(error) => panic!("{asked}: {what:?} is not on {}: {error}", page(browser).await),
        }
    }
}

/// URL and source of the current page, for a failure message.
async fn page(browser: &Client) -> String {
    let at = browser.current_url().await.map(|url| url.to_string()).unwrap_or_default();
    format!("{at}\n{}", browser.source().await.unwrap_or_default())
}

/// Polls a script until it returns `true`. A page that is being left returns nothing.
async fn until(browser: &Client, question: &str) -> bool {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if browser.execute(question, vec![]).await.is_ok_and(|answer| answer == json!(true)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

/// Waits until a script returns `true` on the page.
pub async fn holds(browser: &Client, question: &str) {
    assert!(until(browser, question).await, "{question} does not hold on {}", page(browser).await);
}

/// Clicks an element in the middle of the screen, away from sticky bars.
async fn click(browser: &Client, element: Element) {
    let middle = "arguments[0].scrollIntoView({ block: 'center' })";
    browser.execute(middle, vec![serde_json::to_value(&element).unwrap()]).await.unwrap();
    element.click().await.unwrap();
}

/// Clicks an element that leads to another page and waits until that page has loaded; a mark on
/// the old document tells them apart.
#[track_caller]
pub fn follow_to(browser: &Client, element: Element) -> impl Future<Output = ()> + '_ {
    let asked = std::panic::Location::caller();
    async move {
        browser.execute("document.documentElement.dataset.left = '1'", vec![]).await.unwrap();
        click(browser, element).await;
        let stands = "return document.readyState === 'complete' && !document.documentElement.dataset.left";
        assert!(until(browser, stands).await, "{asked}: nothing followed on {}", page(browser).await);
    }
}

/// Follows the first matching element to another page.
#[track_caller]
pub fn follow<'a>(browser: &'a Client, what: Locator<'a>) -> impl Future<Output = ()> + 'a {
    let (found, leads) = (find(browser, what), |element| follow_to(browser, element));
    async move { leads(found.await).await }
}

/// Clicks a link or button that leads to another page, or back to the same one with problems.
#[track_caller]
pub fn press<'a>(browser: &'a Client, words: &'a str) -> impl Future<Output = ()> + 'a {
    press_in(browser, "main", words)
}

#[track_caller]
pub fn press_in<'a>(browser: &'a Client, part: &'a str, words: &'a str) -> impl Future<Output = ()> + 'a {
    let asked = std::panic::Location::caller();
    async move {
        let path = named(part, words);
        let found = browser.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await;
        let Ok(found) = found else { panic!("{asked}: 「{words}」 can't be pressed on {}", page(browser).await) };
        follow_to(browser, found).await;
    }
}

fn named(part: &str, words: &str) -> String {
    format!("//{part}//*[self::a or self::button][contains(normalize-space(.), '{words}')]")
}

/// Clicks a link or button that a script handles without leaving the page.
pub async fn tap(browser: &Client, words: &str) {
    let path = named("main", words);
    tap_at(browser, Locator::XPath(&path)).await;
}

/// Clicks an element that stays on the page: a checkbox, a fold, a script's button.
pub async fn tap_at(browser: &Client, what: Locator<'_>) {
    let element = find(browser, what).await;
    click(browser, element).await;
}

#[track_caller]
pub fn sees<'a>(browser: &'a Client, words: &'a str) -> impl Future<Output = ()> + 'a {
    let asked = std::panic::Location::caller();
    async move {
        let path = format!("//main//*[contains(normalize-space(.), '{words}')]");
        let found = browser.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await;
        assert!(found.is_ok(), "{asked}: 「{words}」 is not on {}", page(browser).await);
    }
}

/// Replaces the text of the field with this id.
pub async fn fill(browser: &Client, field: &str, value: &str) {
    type_into(&find(browser, Locator::Id(field)).await, value).await;
}

/// Replaces the text of the first field that matches a selector.
pub async fn put(browser: &Client, selector: &str, text: &str) {
    type_into(&find(browser, Locator::Css(selector)).await, text).await;
}

pub async fn type_into(field: &Element, text: &str) {
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

pub async fn choose(browser: &Client, selector: &str, value: &str) {
    let option = format!("{selector} option[value={value}]");
    tap_at(browser, Locator::Css(&option)).await;
}

/// Chooses the n-th option, from 1.
pub async fn choose_nth(browser: &Client, selector: &str, nth: usize) {
    let option = format!("{selector} option:nth-child({nth})");
    tap_at(browser, Locator::Css(&option)).await;
}

/// Runs a script and returns its result.
pub async fn ask(browser: &Client, script: &str) -> Value {
    browser.execute(script, vec![]).await.unwrap()
}
