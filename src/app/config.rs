//! What an installation is told from outside: once, at the start, all in one place.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::cluster::{Cluster, Keep};
use crate::db::{Clock, Db};

/// The database of the private cluster.
const DATABASE: &str = "station_network";

/// Where the data are.
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
}

/// A reached database: how to log in as the server and as the owner, and the
/// private cluster while it is ours to keep.
#[derive(Debug)]
pub struct Reached {
    pub app: PgConnectOptions,
    pub owner: Option<PgConnectOptions>,
    pub cluster: Option<Cluster>,
}

impl Place {
    /// Whether the database is a private one that we start ourselves.
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
            });
        };
        let app = url.parse().context("DATABASE_URL is not a PostgreSQL URL")?;
        let owner = self.owner_url.as_ref().map(|url| url.parse().context("STATION_OWNER_URL is not a PostgreSQL URL"));
        Ok(Reached { app, owner: owner.transpose()?, cluster: None })
    }
}

impl Reached {
    pub fn owner(&self) -> anyhow::Result<&PgConnectOptions> {
        self.owner.as_ref().context("name the owner's login in STATION_OWNER_URL: migrations change the schema")
    }

    /// The pools, with the limits every statement keeps.
    pub fn db(&self, clock: Clock) -> Db {
        Db::new(pool(&self.app, 16, "8s"), pool(&self.app, 2, "120s"), clock)
    }

    /// For commands that read in a whole country.
    pub fn patient_db(&self) -> Db {
        Db::new(pool(&self.app, 2, "600s"), pool(&self.app, 1, "600s"), Clock::Database)
    }
}

/// How long a connection may rest before it is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(1);

/// A pool as the server uses it; connects when it is first needed. `limit`: how
/// long a statement may take.
pub fn pool(options: &PgConnectOptions, size: u32, limit: &str) -> PgPool {
    let options = options.clone().application_name("station-network").options([
        ("statement_timeout", limit),
        // Compiling a plan costs more than our plans take.
        ("jit", "off"),
        // Nor do our plans hang on the values: the policies' are in settings, and a list
        // has a statement for each of its orders. Planned for each execution, they would
        // cost more than they take.
        ("plan_cache_mode", "force_generic_plan"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "15s"),
    ]);
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(3))
        .idle_timeout(Duration::from_mins(5))
        .max_lifetime(Duration::from_mins(10))
        .test_before_acquire(false)
        // A connection that was in use a moment ago is not asked whether it lives: that
        // would be every second message of a busy server.
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

/// How the server is to be reached and to behave.
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
    /// Bring the schema up to date first (needs the owner's login)
    #[arg(long)]
    pub migrate: bool,
    /// Fill in the demo network when there is no network at all
    #[arg(long)]
    pub demo: bool,
}
