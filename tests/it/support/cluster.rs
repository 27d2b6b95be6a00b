//! A temporary PostgreSQL cluster for the whole run, a template migrated once, and a clone for each
//! test.

use std::{
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use station_network::{
    access::Scope,
    app::{
        cluster::{Cluster, Keep},
        commands, config, demo, migrate,
    },
    db::{Clock, Db, Mode},
    features::{
        identity::networks::{NewNetwork, PLATFORM},
        places::divisions::{self, Source},
    },
    kernel::DivisionCode,
};
use tokio::sync::OnceCell;

/// Stops with the test process, because its keeper reads our pipe.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster");
    let _ = std::fs::remove_dir_all(&directory);
    Cluster::start(&directory, Keep::Throwaway).unwrap()
});

static TEMPLATES: OnceCell<()> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A separate database for one test.
pub struct Fresh {
    name: String,
}

impl Fresh {
    /// A database with the networks `one`, `two` and the platform.
    pub async fn with_networks() -> Self {
        Self::cloned_from("with_networks").await
    }

    /// A migrated but empty database.
    pub async fn empty() -> Self {
        Self::cloned_from("migrated").await
    }

    async fn cloned_from(template: &str) -> Self {
        TEMPLATES.get_or_init(make_templates).await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        clone(template, &name).await;
        Self { name }
    }

    pub fn options(&self, role: &str) -> PgConnectOptions {
        CLUSTER.options(role, &self.name)
    }
}

async fn superuser() -> PgConnection {
    CLUSTER.options("postgres", "postgres").connect().await.unwrap()
}

/// Serialises cloning: a second clone would find the template in use.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn clone(template: &str, name: &str) {
    let create = format!("create database {name} owner station_owner template {template} strategy file_copy");
    let create = sqlx::AssertSqlSafe(create);
    let _turn = ONE_AT_A_TIME.lock().await;
    sqlx::raw_sql(create).execute(&mut superuser().await).await.unwrap();
}

/// Adds partitions, because tests set their clocks to days before this month's partitions and
/// after the last.
async fn make_room_for_all_times() {
    let mut owner = CLUSTER.options("station_owner", "migrated").connect().await.unwrap();
    let query = r"
        with bounds as (
            select min(bound[1]) as first, max(bound[2]) as last
            from pg_inherits join pg_class on pg_class.oid = inhrelid
            cross join lateral
                regexp_match(pg_get_expr(relpartbound, inhrelid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''') as bound
            where inhparent = 'audit'::regclass)
        select format('create table audit_past partition of audit for values from (minvalue) to (%L)', first) from bounds
        union all
        select format('create table audit_future partition of audit for values from (%L) to (maxvalue)', last) from bounds";
    let creations: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut owner).await.unwrap();
    for create in creations {
        sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut owner).await.unwrap();
    }
}

async fn make_templates() {
    tokio::task::spawn_blocking(|| LazyLock::force(&CLUSTER)).await.unwrap();
    CLUSTER.prepare("migrated").await.unwrap();
    migrate::migrate(&CLUSTER.options("station_owner", "migrated")).await.unwrap();
    make_room_for_all_times().await;
    clone("migrated", "with_networks").await;
    let app = CLUSTER.options("station_app", "with_networks");
    let clock = Clock::set_to(super::NOON.parse().unwrap());
    let pool = || config::pool(&app, 1, Duration::from_mins(1));
    let pools = (pool(), pool());
    let db = Db::new(pools.0.clone(), pools.1.clone(), clock, super::safe());
    for (code, root) in [("one", "5104"), ("two", "5104"), (PLATFORM, "china")] {
        let new = NewNetwork {
            code: code.to_owned(),
            name: "攀枝花市社工站网络".to_owned(),
            root: DivisionCode::parse(root).unwrap(),
            authority: "攀枝花市民政局".to_owned(),
            contact: "王科长 0812-3350000".to_owned(),
        };
        let network = commands::create_network(&db, &new).await.unwrap();
        if root == "5104" {
            let mut tx = db.begin(&Scope::of_system(network, "测试"), Mode::Write).await.unwrap();
            divisions::import(&mut tx, &new.root, &Source::Text(demo::DIVISIONS), |_| {}).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    pools.0.close().await;
    pools.1.close().await;
}
