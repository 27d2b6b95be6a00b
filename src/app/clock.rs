//! Background work: one loop that wakes when a write reports new work in a network, and visits all
//! networks once a minute.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use super::mail::{self, Mailer};
use crate::{
    access::Scope,
    db::{Db, Mode, Silence},
    features::{
        ground::{
            files,
            jobs::{self, Job},
            notices, trail,
        },
        people::{persons, staff},
        places::figures,
        purchasing::deliverables,
        reporting::{reports, rollups},
    },
    kernel::{Error, NetworkId, Result},
};

/// Interval at which every network is visited, reported or not.
const ROUND: Duration = Duration::from_mins(1);

/// The daily jobs of every network.
const DAILY: [(&str, &str); 6] = [
    (files::SWEEP, "清理没有保存的附件"),
    (persons::PLACES, "按当天的主要任职更新人员所在站点"),
    (staff::REMIND, "生成登记和继续教育提醒"),
    (reports::OPEN, "开始上月月报的报送"),
    (reports::REMIND, "催报月报"),
    (deliverables::TAKE, "项目服务指标从月报取数"),
];

/// Works until `stop` resolves. Several servers may each run this loop: every job first takes a
/// lock on its network, and skips what another server is working on.
pub async fn run(
    db: Db,
    mut told: UnboundedReceiver<NetworkId>,
    mailer: Option<Mailer>,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = round.tick() => {
                for network in all(&db).await {
                    work(&db, network, true).await;
                    if let Some(mailer) = &mailer {
                        report(network, "mail", mail::send_notices(&db, network, mailer).await);
                    }
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
    report(network, "rollups", add_up(db, network).await);
    report(network, "figures", compute(db, network).await);
    if by_the_minute {
        report(network, "daily", put_daily_jobs(db, network).await);
    }
    report(network, "jobs", carry_out(db, network).await);
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

/// Recomputes the figures marked as out of date.
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

/// Recomputes the sums of reports marked as out of date.
pub async fn add_up(db: &Db, network: NetworkId) -> Result<()> {
    loop {
        let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
        let more = rollups::compute(&mut tx).await?;
        tx.commit_silently(Silence::FiguresComputed).await?;
        if !more {
            return Ok(());
        }
    }
}

/// Appends final rows to the audit chain.
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

/// Queues the daily jobs, once a day however many servers do so.
pub async fn put_daily_jobs(db: &Db, network: NetworkId) -> Result<()> {
    let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
    let day = tx.today().to_string();
    for (kind, about) in DAILY {
        jobs::enqueue(&mut tx, kind, &format!("{about}（{day}）"), Value::Null, Some(&day)).await?;
    }
    tx.commit_silently(Silence::JobMoved).await
}

/// Runs the jobs that are due, one after the other.
pub async fn carry_out(db: &Db, network: NetworkId) -> Result<()> {
    let scope = Scope::of_system(network, "系统");
    loop {
        let mut tx = db.begin(&scope, Mode::Write).await?;
        let job = jobs::claim(&mut tx).await?;
        tx.commit_silently(Silence::JobMoved).await?;
        let Some(job) = job else { return Ok(()) };
        if let Err(error) = carry_out_one(db, &scope, &job).await {
            tracing::warn!(%network, job = %job.id, kind = job.kind, ?error, "a job failed");
            metrics::counter!("job_failures_total", "job" => job.kind.clone()).increment(1);
            let mut tx = db.begin(&scope, Mode::Write).await?;
            let why = match error {
                Error::Internal(cause) => format!("{cause:#}"),
                other => other.to_string(),
            };
            jobs::fail(&mut tx, &job, &why).await?;
            tx.commit_silently(Silence::JobMoved).await?;
        }
    }
}

/// Runs a job and marks it finished, in one transaction.
async fn carry_out_one(db: &Db, scope: &Scope, job: &Job) -> Result<()> {
    let mut tx = db.begin(scope, Mode::Write).await?;
    match job.kind.as_str() {
        files::SWEEP => files::sweep(&mut tx).await?,
        persons::PLACES => persons::settle_places(&mut tx, None).await?,
        staff::REMIND => staff::remind(&mut tx).await?,
        reports::OPEN => reports::open_months(&mut tx).await?,
        reports::REMIND => reports::remind(&mut tx).await?,
        deliverables::TAKE => deliverables::take_all(&mut tx).await?,
        files::TAKE_AWAY => files::take_away(&mut tx, job.payload.clone()).await?,
        unknown => return Err(Error::bug(format!("nobody does {unknown}"))),
    }
    jobs::finish(&mut tx, job.id).await?;
    tx.commit_silently(Silence::JobMoved).await
}

/// Deletes expired form keys, unconfirmed imports and finished jobs.
async fn sweep(db: &Db, network: NetworkId) -> Result<()> {
    let mut tx = db.begin(&Scope::of_system(network, "系统"), Mode::Write).await?;
    trail::sweep(&mut tx).await?;
    jobs::sweep(&mut tx).await?;
    notices::sweep(&mut tx).await?;
    tx.commit_silently(Silence::Swept).await
}
