//! The configuration of an installation: read once at the start, all in this file.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use sqlx::{
    Connection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::cluster::{Cluster, Keep};
use crate::{
    db::{Clock, Db, Pool, Safe, Vault},
    kernel::hex,
};

/// The database of the private cluster.
const DATABASE: &str = "station_network";

/// The location of the data: database, uploaded files and key.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The folder of a private PostgreSQL, used when no database URL is given
    #[arg(long, env = "STATION_DATA", default_value = "data", global = true)]
    pub data: PathBuf,
    /// The server's login (`station_app`) on a PostgreSQL of your own
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// The owner's login there (`station_owner`), for migrations
    #[arg(long, env = "STATION_OWNER_URL", hide_env_values = true, global = true)]
    pub owner_url: Option<String>,
    /// The folder of uploaded files [default: `files` in the data folder]
    #[arg(long, env = "STATION_FILES", global = true)]
    pub files: Option<PathBuf>,
    /// The file with the key that seals numbers and uploaded files, made when it is
    /// missing [default: `key` in the data folder]. Keep a copy apart from the back-ups:
    /// without it they don't open
    #[arg(long, env = "STATION_KEY_FILE", global = true)]
    pub key_file: Option<PathBuf>,
}

/// A reached database: the logins of the server and of the owner, and the private cluster while
/// this process runs it.
#[derive(Debug)]
pub struct Reached {
    pub app: PgConnectOptions,
    pub owner: Option<PgConnectOptions>,
    pub cluster: Option<Cluster>,
    pub safe: Arc<Safe>,
}

impl Place {
    /// True if we run a private database ourselves.
    pub fn is_private(&self) -> bool {
        self.database_url.is_none()
    }

    pub async fn reach(&self) -> anyhow::Result<Reached> {
        let Some(url) = &self.database_url else {
            let data = self.data.clone();
            let cluster = tokio::task::spawn_blocking(move || Cluster::start(&data, Keep::Lasting)).await??;
            cluster.prepare(DATABASE).await?;
            return Ok(Reached {
                app: cluster.options("station_app", DATABASE),
                owner: Some(cluster.options("station_owner", DATABASE)),
                cluster: Some(cluster),
                safe: self.safe()?,
            });
        };
        let app = url.parse().context("DATABASE_URL is not a PostgreSQL URL")?;
        let owner = self.owner_url.as_ref().map(|url| url.parse().context("STATION_OWNER_URL is not a PostgreSQL URL"));
        Ok(Reached { app, owner: owner.transpose()?, cluster: None, safe: self.safe()? })
    }
}

impl Place {
    fn safe(&self) -> anyhow::Result<Arc<Safe>> {
        let key_file = self.key_file.clone().unwrap_or_else(|| self.data.join("key"));
        let files = self.files.clone().unwrap_or_else(|| self.data.join("files"));
        let safe = Safe::in_folder(Vault::new(&key(&key_file)?)?, &files).with_context(|| {
            format!("{} can't hold uploaded files: name another folder in STATION_FILES", files.display())
        })?;
        Ok(Arc::new(safe))
    }
}

/// Reads the key, 64 hexadecimal digits; creates one the first time.
fn key(file: &Path) -> anyhow::Result<[u8; 32]> {
    let unreadable = || format!("{} can't be read: the key that seals numbers and files", file.display());
    if !file.exists() {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(unreadable)?;
        }
        // Write the whole key or none: data encrypted under half a key could never be decrypted.
        let half = file.with_extension(format!("{}.new", std::process::id()));
        let mut written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half).with_context(unreadable)?;
        written.write_all(hex(&key).as_bytes())?;
        written.sync_all()?;
        // Never replace a key that another process created in the meantime.
        let linked = fs::hard_link(&half, file);
        fs::remove_file(&half)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(unreadable),
            _ => {}
        }
    }
    let text = fs::read_to_string(file).with_context(unreadable)?;
    let digits = text.trim();
    let mut key = [0; 32];
    anyhow::ensure!(digits.len() == 64 && digits.is_ascii(), "{} does not hold 64 hexadecimal digits", file.display());
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16)
            .with_context(|| format!("{} does not hold 64 hexadecimal digits", file.display()))?;
    }
    Ok(key)
}

impl Reached {
    pub fn owner(&self) -> anyhow::Result<&PgConnectOptions> {
        self.owner.as_ref().context("name the owner's login in STATION_OWNER_URL: migrations change the schema")
    }

    /// The connection pools, with a time limit for every statement.
    pub fn db(&self, clock: Clock) -> Db {
        let (pages, exports) = (Duration::from_secs(8), Duration::from_mins(2));
        Db::new(pool(&self.app, 16, pages), pool(&self.app, 2, exports), clock, self.safe.clone())
    }

    /// Pools with long limits, for commands that import a whole country.
    pub fn patient_db(&self) -> Db {
        let long = Duration::from_mins(10);
        Db::new(pool(&self.app, 2, long), pool(&self.app, 1, long), Clock::Database, self.safe.clone())
    }
}

/// Idle time after which a connection is pinged before use.
const RESTED: Duration = Duration::from_secs(1);

/// Extra time we wait beyond PostgreSQL's own statement timeout.
const GRACE: Duration = Duration::from_secs(2);

/// A lazy pool with the server's settings. `limit` is the time a statement may take.
pub fn pool(options: &PgConnectOptions, size: u32, limit: Duration) -> Pool {
    let statement_timeout = format!("{}ms", limit.as_millis());
    let options = options.clone().application_name("station-network").options([
        ("statement_timeout", statement_timeout.as_str()),
        // Compiling a plan costs more than our plans take to run.
        ("jit", "off"),
        // Our plans do not depend on the values: row-level policies read settings, and a list has
        // one statement per sort order. Planning each execution would cost more than running it.
        ("plan_cache_mode", "force_generic_plan"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "15s"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(3))
        .idle_timeout(Duration::from_mins(5))
        .max_lifetime(Duration::from_mins(10))
        .test_before_acquire(false)
        // Skip the ping for a connection used a moment ago: it would be every second message of a
        // busy server.
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options);
    Pool::new(pool, limit + GRACE)
}

/// The server's addresses and behaviour.
#[derive(Args, Clone, Debug)]
pub struct Serving {
    /// Address and port of the pages
    #[arg(long, env = "STATION_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address and port of /metrics; none unless given
    #[arg(long, env = "STATION_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// The network that a bare user name means
    #[arg(long, env = "STATION_NETWORK")]
    pub network: Option<String>,
    /// Pages are reached over HTTPS (behind a proxy): cookies only there
    #[arg(long, env = "STATION_HTTPS")]
    pub https: bool,
    /// The proxy in front says who asks, in X-Forwarded-For
    #[arg(long, env = "STATION_TRUST_PROXY")]
    pub trust_proxy: bool,
    /// The mail server for notices, such as `smtps://user:password@host` or `smtp://host:25`
    #[arg(long, env = "STATION_SMTP", hide_env_values = true, requires = "mail_from")]
    pub smtp: Option<String>,
    /// From whom notices come: `社工站平台 <notice@example.gov.cn>`
    #[arg(long, env = "STATION_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// Where pages are reached, for links in e-mail and on paper: `https://host`
    #[arg(long, env = "STATION_URL", default_value = "")]
    pub url: String,
    /// Bring the schema up to date first (needs the owner's login)
    #[arg(long)]
    pub migrate: bool,
    /// Fill in the demo network when there is no network at all
    #[arg(long)]
    pub demo: bool,
}
