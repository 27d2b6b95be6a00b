//! The demo server behind a network that can be cut, and the browsers that visit it.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use station_network::{
    app::{demo, layers::TrustProxy, router, serve},
    db::Clock,
    kernel::Day,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::hands::{fill, find, follow};
use crate::support::{Fresh, app_on, db_on};

const PASSWORD: &str = "demo-2021-panzhihua";

struct Driver(Child, u16);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A demo server on its own port, behind a network that can be cut.
pub struct Stage {
    address: String,
    driver: Driver,
    pub network: watch::Sender<bool>,
    pub fresh: Fresh,
    /// Today on this server, independent of the real date.
    pub today: Day,
}

/// Forwards connections from `listener` while the network is up; cutting it drops open ones.
async fn pass_on(listener: TcpListener, to: std::net::SocketAddr, network: watch::Receiver<bool>) {
    while let Ok((mut from, _)) = listener.accept().await {
        let mut network = network.clone();
        if !*network.borrow_and_update() {
            continue;
        }
        tokio::spawn(async move {
            let Ok(mut to) = TcpStream::connect(to).await else { return };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                _ = network.wait_for(|is_there| !is_there) => {}
            }
        });
    }
}

impl Stage {
    /// Starts the demo at ten in the morning of `day`, or skips if there is no chromedriver.
    pub async fn set(day: &str) -> Option<Self> {
        let port = free_port().await;
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let driver = if let Ok(driver) = driver {
            Driver(driver, port)
        } else {
            assert!(std::env::var("CI").is_err(), "chromedriver is missing: script/setup --tests installs it");
            println!("skipped: there is no chromedriver");
            return None;
        };
        let fresh = Fresh::empty().await;
        let db = db_on(&fresh.options("station_app"), Clock::set_to(format!("{day}T02:00:00Z").parse().unwrap()));
        demo::fill(&db).await.unwrap();
        let router = router(app_on(&db, demo::CODE).await);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", front.local_addr().unwrap());
        let (network, is_there) = watch::channel(true);
        tokio::spawn(pass_on(front, listener.local_addr().unwrap(), is_there));
        tokio::spawn(serve::serve(listener, router, TrustProxy(false), std::future::pending::<()>()));
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(Self { address, driver, network, fresh, today: day.parse().unwrap() })
    }

    pub async fn browser(&self, script: bool, width: u32) -> Client {
        let profile =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chrome-{}", uuid::Uuid::new_v4()));
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        .map(ToOwned::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push(format!("--window-size={width},900"));
        let mut options = json!({ "args": arguments });
        // Chromium's windows are at least 500 px wide, so emulate a phone's screen.
        if width < 500 {
            let screen = json!({ "width": width, "height": 900, "pixelRatio": 1.0, "touch": false });
            options["mobileEmulation"] = json!({ "deviceMetrics": screen });
        }
        if !script {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.driver.1))
            .await
            .unwrap()
    }

    pub async fn sign_in(&self, browser: &Client, name: &str) {
        browser.delete_all_cookies().await.unwrap();
        self.go(browser, "/sign-in").await;
        fill(browser, "name", name).await;
        fill(browser, "password", PASSWORD).await;
        follow(browser, Locator::Css("main button")).await;
        find(browser, Locator::Css(".side")).await;
    }

    pub async fn go(&self, browser: &Client, path: &str) {
        browser.goto(&format!("{}{path}", self.address)).await.unwrap();
    }
}
