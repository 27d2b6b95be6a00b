//! What runs by itself: one loop, told which network has work by those who made
//! it, and looking through all of them once a minute.

use std::{collections::BTreeSet, time::Duration};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    access::Scope,
    db::{Db, Mode, Silence},
    features::{figures, trail},
    kernel::{NetworkId, Result},
};

/// How often every network is looked through, whoever told us or not.
const ROUND: Duration = Duration::from_mins(1);

/// Works until `stop` resolves. Several servers may each run one: every job takes
/// a lock of its network first and leaves what another is at.
pub async fn run(db: Db, mut told: UnboundedReceiver<NetworkId>, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = round.tick() => {
                for network in all(&db).await {
                    work(&db, network, true).await;
                }
            }
            Some(first) = told.recv() => {
                let mut networks = BTreeSet::from([first]);
                while let Ok(another) = told.try_recv() {
                    networks.insert(another);
                }
                for network in networks {
                    work(&db, network, false).await;
                }
            }
        }
    }
}

async fn all(db: &Db) -> Vec<NetworkId> {
    match db.networks().await {
        Ok(networks) => networks.into_iter().map(|(network, _)| network).collect(),
        Err(error) => {
            tracing::warn!(%error, "the networks could not be listed");
            vec![]
        }
    }
}

async fn work(db: &Db, network: NetworkId, by_the_minute: bool) {
    report(network, "figures", compute(db, network).await);
    if by_the_minute {
        report(network, "seal", seal(db, network).await);
        report(network, "sweep", sweep(db, network).await);
    }
}

fn report(network: NetworkId, job: &str, done: Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%network, job, error = ?error, "a job failed; it will be tried again");
        metrics::counter!("job_failures_total", "job" => job.to_owned()).increment(1);
    }
}

/// Computes the figures of what was marked.
pub async fn compute(db: &Db, network: NetworkId) -> Result<()> {
    loop {
        let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
        let more = figures::compute(&mut tx).await?;
        tx.commit_silently(Silence::FiguresComputed).await?;
        if !more {
            return Ok(());
        }
    }
}

/// Lays the audit chain over rows that are final.
pub async fn seal(db: &Db, network: NetworkId) -> Result<()> {
    loop {
        let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
        let laid = trail::seal(&mut tx).await?;
        tx.commit_silently(Silence::ChainLaid).await?;
        if laid < trail::LINKS_AT_ONCE {
            return Ok(());
        }
    }
}

/// Sweeps away form keys and unconfirmed tables that are past their time.
async fn sweep(db: &Db, network: NetworkId) -> Result<()> {
    let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
    trail::sweep(&mut tx).await?;
    tx.commit_silently(Silence::Swept).await
}
