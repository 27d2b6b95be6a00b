//! A small world for tests: two networks on the real divisions of Panzhihua, with the same codes
//! and names, and people with browsers.

mod cluster;
mod server;
mod statements;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use station_network::{
    access::{Role, Scope},
    app::{clock, config, router},
    db::{Clock, Db, Mode, Safe, Tx, Vault},
    kernel::{NetworkId, StationId},
    web::App,
};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use uuid::Uuid;

pub use cluster::Fresh;
pub use server::{Sent, Server};
pub use statements::counted;

/// The divisions that most tests use.
pub const CITY: &str = "5104";
pub const COUNTY: &str = "510411";
pub const TOWNSHIP: &str = "510411100";
pub const NEXT_TOWNSHIP: &str = "510411101";
pub const VILLAGE: &str = "510411100001";

/// The initial time of every test.
pub const NOON: &str = "2026-03-05T04:00:00Z";

/// A safe with a test key and with files in memory.
pub fn safe() -> Arc<Safe> {
    Arc::new(Safe::in_memory(Vault::new(&[7; 32]).unwrap()))
}

/// sqlx's own pool, which bypasses the policies and the deadlines.
pub fn bare_pool(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(2).connect_lazy_with(options.clone())
}

/// The database as the server connects to it.
pub fn db_on(options: &PgConnectOptions, clock: Clock) -> Db {
    let pool = |size| config::pool(options, size, Duration::from_mins(1));
    Db::new(pool(4), pool(2), clock, safe())
}

/// The handlers' application state on an existing database.
pub async fn app_on(db: &Db, home: &str) -> App {
    App {
        platform: db.network_by_code("platform").await.unwrap(),
        db: db.clone(),
        home_network: Some(home.into()),
        site: "".into(),
        secure: false,
        hashing: Arc::new(Semaphore::new(2)),
    }
}

pub struct World {
    /// The cluster's superuser, who bypasses the policies.
    pub root: PgPool,
    pub db: Db,
    pub clock: Clock,
    pub router: Router,
    pub network: NetworkId,
    fresh: Arc<Fresh>,
}

impl World {
    /// A world in the network `one`, with its twin `two`.
    pub async fn new() -> Self {
        let fresh = Arc::new(Fresh::with_networks().await);
        Self::on(fresh, "one").await
    }

    /// The twin network, with the same codes and names.
    pub async fn twin(&self) -> Self {
        let mut twin = Self::on(self.fresh.clone(), "two").await;
        twin.clock = self.clock.clone();
        twin
    }

    async fn on(fresh: Arc<Fresh>, code: &str) -> Self {
        statements::watch();
        let clock = Clock::set_to(NOON.parse().unwrap());
        let db = db_on(&fresh.options("station_app"), clock.clone());
        let network = db.network_by_code(code).await.unwrap().unwrap();
        let router = router(app_on(&db, code).await);
        let root = bare_pool(&fresh.options("postgres"));
        Self { root, db, clock, router, network, fresh }
    }

    /// The server's connection options for this world's database.
    pub fn app_options(&self) -> PgConnectOptions {
        self.fresh.options("station_app")
    }

    pub fn turn_clock_to(&self, at: &str) {
        self.clock.turn_to(at.parse::<DateTime<Utc>>().unwrap());
    }

    /// Runs the worker's pending computations.
    pub async fn settle(&self) {
        clock::compute(&self.db, self.network).await.unwrap();
    }

    /// A unit of work with reach over the whole network, to call stores directly.
    pub async fn tx(&self, mode: Mode) -> Tx {
        self.db.begin(&Scope::of_system(self.network, "测试"), mode).await.unwrap()
    }

    pub fn stranger(&self) -> Browser {
        Browser::on(self.router.clone())
    }

    /// Signs in an account with a role over a division.
    pub async fn sign_in(&self, role: Role, division: &str) -> Browser {
        self.sign_in_for(role, division, &[]).await
    }

    /// Signs in an account limited to these stations.
    pub async fn sign_in_for(&self, role: Role, division: &str, stations: &[StationId]) -> Browser {
        let account = self.account("用户", None).await;
        let grant = self.grant(account, role, division, stations).await;
        self.session(account, grant).await
    }

    /// Creates an account; its password is unusable without a hash.
    pub async fn account(&self, name: &str, hash: Option<&str>) -> Uuid {
        let id = Uuid::now_v7();
        sqlx::query(
            "insert into accounts (network_id, id, user_name, display_name, password_hash, password_is_code, created_at)
             values ($1, $2, $3, $4, $5, false, $6)",
        )
        .bind(self.network)
        .bind(id)
        .bind(format!("u{}", &id.simple().to_string()[12..]))
        .bind(name)
        .bind(hash.unwrap_or("-"))
        .bind(NOON.parse::<DateTime<Utc>>().unwrap())
        .execute(&self.root)
        .await
        .unwrap();
        id
    }

    pub async fn grant(&self, account: Uuid, role: Role, division: &str, stations: &[StationId]) -> Uuid {
        let id = Uuid::now_v7();
        let agency: Option<Uuid> = match role {
            Role::AgencyManager => Some(self.agency("承接机构").await),
            _ => None,
        };
        sqlx::query(
            "insert into grants (network_id, id, account_id, role, division, agency_id, since, granted_by, granted_at)
             values ($1, $2, $3, $4, $5, $6, '2020-01-01', '测试', $7)",
        )
        .bind(self.network)
        .bind(id)
        .bind(account)
        .bind(role.as_str())
        .bind(division)
        .bind(agency)
        .bind(NOON.parse::<DateTime<Utc>>().unwrap())
        .execute(&self.root)
        .await
        .unwrap();
        for station in stations {
            sqlx::query("insert into grant_stations (network_id, grant_id, station_id) values ($1, $2, $3)")
                .bind(self.network)
                .bind(id)
                .bind(station)
                .execute(&self.root)
                .await
                .unwrap();
        }
        id
    }

    /// The agency with this name, created if missing.
    pub async fn agency(&self, name: &str) -> Uuid {
        let query = "insert into agencies (network_id, id, name, created_at) values ($1, $2, $3, $4)
                     on conflict (network_id, name) do update set version = 1 returning id";
        sqlx::query_scalar(query)
            .bind(self.network)
            .bind(Uuid::now_v7())
            .bind(name)
            .bind(NOON.parse::<DateTime<Utc>>().unwrap())
            .fetch_one(&self.root)
            .await
            .unwrap()
    }

    pub async fn session(&self, account: Uuid, grant: Uuid) -> Browser {
        let token = Uuid::new_v4().simple().to_string();
        sqlx::query(
            "insert into sessions (network_id, id, token_hash, account_id, grant_id, began_at, seen_at, address, browser)
             values ($1, $2, $3, $4, $5, $6, $6, '', '')",
        )
        .bind(self.network)
        .bind(Uuid::now_v7())
        .bind(Sha256::digest(token.as_bytes()).to_vec())
        .bind(account)
        .bind(grant)
        .bind(NOON.parse::<DateTime<Utc>>().unwrap())
        .execute(&self.root)
        .await
        .unwrap();
        let session = Some(format!("{}.{token}", self.network.0.simple()));
        Browser { session, ..Browser::on(self.router.clone()) }
    }

    /// Number of audit rows of this network.
    pub async fn audit_rows(&self) -> i64 {
        sqlx::query_scalar("select count(*) from audit where network_id = $1")
            .bind(self.network)
            .fetch_one(&self.root)
            .await
            .unwrap()
    }
}

/// One person's browser. Does not follow redirects.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub session: Option<String>,
    /// Cookie of a device that has signed in before.
    pub device: Option<String>,
}

pub struct Seen {
    pub status: StatusCode,
    pub location: String,
    pub headers: HeaderMap,
    pub html: String,
    pub bytes: Vec<u8>,
}

impl Seen {
    /// Asserts success and returns the page.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{} {}", self.location, self.html);
        self
    }

    /// Asserts that a write redirected, and returns the target.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.location
    }

    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(self.html.contains(words), "「{words}」 is not in {}", self.html);
    }

    /// The value of a cookie set by this response.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all(header::SET_COOKIE);
        let set = set.iter().find_map(|set| set.to_str().unwrap().strip_prefix(&format!("{name}=")))?;
        set.split(';').next().map(ToOwned::to_owned)
    }

    /// The value of a hidden field.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let (_, rest) = self.html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    /// A new browser at the given server, without a session.
    pub fn on(router: Router) -> Self {
        Self { router, session: None, device: None }
    }

    /// Switches to another server and keeps the session.
    pub fn turn_to(&mut self, router: Router) {
        self.router = router;
    }

    pub async fn get(&self, path: &str) -> Seen {
        self.send(Method::GET, path, "").await
    }

    pub async fn post(&self, path: &str, form: &str) -> Seen {
        self.send(Method::POST, path, form).await
    }

    pub async fn send(&self, method: Method, path: &str, form: &str) -> Seen {
        let kind = "application/x-www-form-urlencoded";
        self.request(method, path, kind, form.as_bytes().to_vec()).await
    }

    /// Uploads one file, as a form would.
    pub async fn upload(&self, path: &str, bytes: &[u8]) -> Seen {
        self.upload_with(path, &[], "t.xlsx", bytes).await
    }

    /// Submits a form with a file.
    pub async fn upload_with(&self, path: &str, fields: &[(&str, &str)], file_name: &str, bytes: &[u8]) -> Seen {
        let (kind, body) = upload_body(fields, file_name, bytes);
        self.request(Method::POST, path, kind, body).await
    }

    async fn request(&self, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Seen {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, kind);
        for (name, value) in [("session", &self.session), ("device", &self.device)] {
            if let Some(value) = value {
                request = request.header(header::COOKIE, format!("{name}={value}"));
            }
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let location = parts.headers.get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned());
        Seen {
            status: parts.status,
            location: location.unwrap_or_default(),
            headers: parts.headers,
            html: tight(&String::from_utf8_lossy(&bytes)),
            bytes,
        }
    }
}

/// A page without its templates' line breaks: those beside a tag are dropped, others become
/// blanks. Text areas stay unchanged. Cells lose their labels, which repeat the headings.
fn tight(html: &str) -> String {
    let mut parts = html.split(" data-label=\"");
    let mut html = parts.next().unwrap_or_default().to_owned();
    html.extend(parts.map(|rest| rest.split_once('"').unwrap().1));
    let mut tight = String::with_capacity(html.len());
    let mut in_text = false;
    for line in html.lines() {
        let trimmed = line.trim_matches([' ', '\t']);
        if in_text {
            tight.push('\n');
            tight.push_str(line);
        } else {
            if !(tight.is_empty() || tight.ends_with('>') || trimmed.starts_with('<') || trimmed.is_empty()) {
                tight.push(' ');
            }
            tight.push_str(trimmed);
        }
        in_text = match (line.rfind("<textarea"), line.rfind("</textarea")) {
            (Some(from), to) => to.is_none_or(|to| to < from),
            (None, Some(_)) => false,
            (None, None) => in_text,
        };
    }
    tight
}

/// Encodes a form with a file; returns the content type and the body.
pub fn upload_body(fields: &[(&str, &str)], file_name: &str, bytes: &[u8]) -> (&'static str, Vec<u8>) {
    let mut body = vec![];
    for (name, value) in fields {
        let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge", body)
}

/// Encodes a form.
pub fn form(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    let pairs: Vec<String> = fields.iter().map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    pairs.join("&")
}
