//! Starts the server: schema, demo, pools, background loop and server loop.

use std::{future::Future, sync::Arc};

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc, watch},
};

use super::{
    clock,
    config::{Place, Reached, Serving},
    demo,
    layers::TrustProxy,
    mail::Mailer,
    migrate, router, serve,
};
use crate::{
    access::Scope,
    db::{Clock, Db, Mode},
    features::{identity::networks::PLATFORM, people::persons},
    web::App,
};

/// Concurrent password hashes in the whole server; each takes 19 MiB.
const HASHING: usize = 2;

pub async fn serve(place: &Place, reached: &Reached, serving: Serving) -> anyhow::Result<()> {
    if serving.migrate || place.is_private() {
        migrate::migrate(reached.owner()?).await.context("the schema could not be brought up to date")?;
    }
    let db = reached.db(Clock::Database);
    let mut network = serving.network.clone();
    if serving.demo {
        if db.networks().await?.is_empty() {
            demo::fill(&reached.db(Clock::Database)).await?;
        }
        if network.is_none() && db.network_by_code(demo::CODE).await?.is_some() {
            network = Some(demo::CODE.to_owned());
        }
    }
    check_key(&db).await?;
    let (worker, told) = mpsc::unbounded_channel();
    let db = db.telling(worker);
    let app = App {
        platform: db.network_by_code(PLATFORM).await?,
        db: db.clone(),
        home_network: network.map(Arc::from),
        site: serving.url.trim_end_matches('/').into(),
        secure: serving.https,
        hashing: Arc::new(Semaphore::new(HASHING)),
    };
    let listener = TcpListener::bind(serving.listen).await.with_context(|| {
        format!("{} is taken: stop what listens there, or choose another STATION_LISTEN", serving.listen)
    })?;
    let (stopping, stopped) = watch::channel(false);
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping: requests in flight are finished");
        let _ = stopping.send(true);
    });
    if let Some(address) = serving.metrics {
        let handle = PrometheusBuilder::new().install_recorder()?;
        let listener = TcpListener::bind(address).await.with_context(|| format!("{address} is taken"))?;
        tokio::spawn(serve_metrics(listener, handle, db.clone(), until(stopped.clone())));
    }
    let mailer = match (&serving.smtp, &serving.mail_from) {
        (Some(smtp), Some(from)) => Some(Mailer::new(smtp, from, &serving.url)?),
        _ => None,
    };
    let clock = tokio::spawn(clock::run(db, told, mailer, until(stopped.clone())));
    println!("社工站网络管理平台：http://{}", listener.local_addr()?);
    if serving.demo && app.home_network.as_deref() == Some(demo::CODE) {
        demo::print_accounts();
    }
    serve::serve(listener, router(app), TrustProxy(serving.trust_proxy), until(stopped)).await;
    clock.await?;
    Ok(())
}

/// Refuses to start with a key that does not decrypt the existing data. Going on would encrypt more
/// data under the wrong key, and no single key could decrypt it all.
async fn check_key(db: &Db) -> anyhow::Result<()> {
    for (network, code) in db.networks().await? {
        let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Read).await?;
        anyhow::ensure!(
            persons::opens(&mut tx).await?,
            "the key does not open what is sealed in the network {code}: put back the key file that belongs to this \
             database (STATION_KEY_FILE, by default `key` in the data folder)"
        );
    }
    Ok(())
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

async fn serve_metrics(listener: TcpListener, handle: PrometheusHandle, db: Db, stop: impl Future<Output = ()> + Send) {
    let page = axum::routing::get(move || {
        let (handle, db) = (handle.clone(), db.clone());
        async move {
            let (busy, open) = db.load();
            metrics::gauge!("db_connections_busy").set(busy);
            metrics::gauge!("db_connections_open").set(open);
            handle.render()
        }
    });
    #[expect(clippy::disallowed_methods, reason = "not a page: figures for the operator's own machine")]
    let router = axum::Router::new().route("/metrics", page);
    serve::serve(listener, router, TrustProxy(false), stop).await;
}
