//! What people do with a page. Finding waits for what is to come; pressing ends when the
//! page it leads to stands. Nothing sleeps for a while and hopes.

use std::time::{Duration, Instant};

use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};

/// How long a page may take to come, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first such element, as soon as it is there.
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

/// The address and the source of what is seen, for a failure.
async fn page(browser: &Client) -> String {
    let at = browser.current_url().await.map(|url| url.to_string()).unwrap_or_default();
    format!("{at}\n{}", browser.source().await.unwrap_or_default())
}

/// Asks a page again and again until it answers `true`; a page that is just being left
/// answers nothing.
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

/// Waits until a question about the page is answered with `true`.
pub async fn holds(browser: &Client, question: &str) {
    assert!(until(browser, question).await, "{question} does not hold on {}", page(browser).await);
}

/// Clicks in the middle of the screen, away from bars that stick to its edges.
async fn click(browser: &Client, element: Element) {
    let middle = "arguments[0].scrollIntoView({ block: 'center' })";
    browser.execute(middle, vec![serde_json::to_value(&element).unwrap()]).await.unwrap();
    element.click().await.unwrap();
}

/// Clicks what leads to another page, and waits until that page stands: the document that
/// was left carries a mark.
#[track_caller]
pub fn follow_to<'a>(browser: &'a Client, element: Element) -> impl Future<Output = ()> + 'a {
    let asked = std::panic::Location::caller();
    async move {
        browser.execute("document.documentElement.dataset.left = '1'", vec![]).await.unwrap();
        click(browser, element).await;
        let stands = "return document.readyState === 'complete' && !document.documentElement.dataset.left";
        assert!(until(browser, stands).await, "{asked}: nothing followed on {}", page(browser).await);
    }
}

/// Follows the first such element to another page.
#[track_caller]
pub fn follow<'a>(browser: &'a Client, what: Locator<'a>) -> impl Future<Output = ()> + 'a {
    let (found, leads) = (find(browser, what), |element| follow_to(browser, element));
    async move { leads(found.await).await }
}

/// Presses a link or button that leads to another page, or to the same with what is wrong.
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

/// Presses what a script of the page answers in place.
pub async fn tap(browser: &Client, words: &str) {
    let path = named("main", words);
    tap_at(browser, Locator::XPath(&path)).await;
}

/// Clicks what leads nowhere: a tick, a fold, a button of a script.
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

/// Types into the field with an id, instead of what stood there.
pub async fn fill(browser: &Client, field: &str, value: &str) {
    type_into(&find(browser, Locator::Id(field)).await, value).await;
}

/// Types into the first field that a selector finds.
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

/// What a script answers.
pub async fn ask(browser: &Client, script: &str) -> Value {
    browser.execute(script, vec![]).await.unwrap()
}
