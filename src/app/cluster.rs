//! A private PostgreSQL for one installation or one test run: no TCP port, a socket in its own
//! directory, and shut down however its owner process ends.

use std::{
    fs,
    io::Write,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions};

use crate::kernel::hex;

/// Lasting keeps the data and makes every write durable; throwaway does neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Lasting,
    Throwaway,
}

/// A running cluster. Dropping it stops the cluster.
#[derive(Debug)]
pub struct Cluster {
    keeper: Option<Child>,
    socket: PathBuf,
    data: PathBuf,
    keep: Keep,
}

/// The user and group id for PostgreSQL when this process is root, as PostgreSQL refuses to run as
/// root. `None` when we are not root.
fn lesser_user() -> anyhow::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    for wanted in ["postgres", "nobody"] {
        let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == wanted);
        if let Some(fields) = fields.filter(|fields| fields.len() > 3) {
            return Ok(Some((fields[2].parse()?, fields[3].parse()?)));
        }
    }
    bail!("running as root, and there is neither a user 'postgres' nor 'nobody' to run PostgreSQL as")
}

/// The folder of PostgreSQL's server programs: `PG_BIN_DIR`, or the newest installed.
fn programs() -> anyhow::Result<PathBuf> {
    let mut places: Vec<PathBuf> = std::env::var_os("PG_BIN_DIR").map(PathBuf::from).into_iter().collect();
    if let Ok(entries) = fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        versions.sort_by_key(|path| {
            let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
            std::cmp::Reverse(number)
        });
        places.extend(versions.into_iter().map(|path| path.join("bin")));
    }
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path));
    }
    let found = places.into_iter().find(|place| place.join("postgres").is_file() && place.join("initdb").is_file());
    let found = found.context(
        "PostgreSQL's server programs were not found: install them (Debian: apt-get install postgresql), \
         name their folder in PG_BIN_DIR, or name a server in DATABASE_URL",
    )?;
    Ok(fs::canonicalize(found)?)
}

fn short_name(path: &Path) -> String {
    hex(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..6])
}

/// The user that runs the programs, and their working directory.
struct Runner {
    user: Option<(u32, u32)>,
    home: PathBuf,
}

impl Runner {
    fn own(&self, directory: &Path) -> anyhow::Result<()> {
        if !directory.exists() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        if let Some((user, group)) = self.user {
            chown(directory, Some(user), Some(group))?;
        }
        Ok(())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.home).env("LC_ALL", "C.UTF-8").env("HOME", &self.home).env_remove("PGDATA");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Cluster {
    /// Starts the cluster under `directory` and creates it the first time. Joins one that is
    /// already running there.
    pub fn start(directory: &Path, keep: Keep) -> anyhow::Result<Self> {
        let programs = programs()?;
        let user = lesser_user()?;
        fs::create_dir_all(directory)?;
        let home = reachable(fs::canonicalize(directory)?, user.is_some(), keep);
        let runner = Runner { user, home: home.clone() };
        runner.own(&home)?;
        let data = home.join("pgdata");
        // The path of a socket is limited to 107 bytes.
        let mut socket = home.join("run");
        if socket.as_os_str().len() > 80 {
            socket = std::env::temp_dir().join(format!("station-{}", short_name(&home)));
        }
        runner.own(&socket)?;
        if data.join("PG_VERSION").exists() {
            check_version(&programs, &data)?;
        } else {
            initialise(&runner, &programs, &data, keep)?;
        }
        let mut cluster = Self { keeper: None, socket, data, keep };
        if keep == Keep::Lasting && cluster.ready() {
            return Ok(cluster);
        }
        cluster.keeper = Some(cluster.launch(&runner, &programs)?);
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// A shell reads from our pipe: however this process ends, the read returns and the shell shuts
    /// PostgreSQL down. It has its own process group, so that Ctrl-C reaches us first, and
    /// PostgreSQL only after we are done.
    fn launch(&self, runner: &Runner, programs: &Path) -> anyhow::Result<Child> {
        let log = self.data.with_file_name("postgres.log");
        let log = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let mut keeper = runner.command(Path::new("/bin/sh"));
        keeper
            .args(["-c", r#""$@" & p=$!; read -r _; kill -INT $p 2>/dev/null; wait $p"#, "keeper"])
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&self.data)
            .arg("-k")
            .arg(&self.socket)
            .args(["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"])
            .args(["-c", "max_connections=120", "-c", "shared_buffers=256MB", "-c", "log_min_messages=warning"]);
        if self.keep == Keep::Throwaway {
            for setting in [
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "autovacuum=off",
            ] {
                keeper.args(["-c", setting]);
            }
        }
        keeper.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).process_group(0);
        keeper.spawn().context("PostgreSQL could not be started")
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let log = self.data.with_file_name("postgres.log");
        while !self.ready() {
            if let Some(keeper) = &mut self.keeper
                && let Some(status) = keeper.try_wait()?
            {
                bail!("PostgreSQL ended as it started ({status}); see {}", log.display());
            }
            if began.elapsed() > Duration::from_mins(1) {
                bail!("PostgreSQL was not ready after a minute; see {}", log.display());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Line 8 of `postmaster.pid` says "ready" once the server takes connections.
    fn ready(&self) -> bool {
        let Ok(pid_file) = fs::read_to_string(self.data.join("postmaster.pid")) else { return false };
        let lines: Vec<&str> = pid_file.lines().map(str::trim).collect();
        lines.get(7) == Some(&"ready")
            && lines.first().is_some_and(|pid| Path::new("/proc").join(pid).exists())
            && UnixStream::connect(self.socket.join(".s.PGSQL.5432")).is_ok()
    }

    /// Connection options for a role and a database of the cluster.
    pub fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.socket).port(5432).username(role).database(database)
    }

    /// Creates the two roles and the database if they are missing: `station_owner` owns the tables;
    /// `station_app` is the server's login and owns nothing.
    pub async fn prepare(&self, database: &str) -> anyhow::Result<()> {
        let mut connection = self.options("postgres", "postgres").connect().await?;
        sqlx::raw_sql(
            "
            do $$ begin
                if not exists (select from pg_roles where rolname = 'station_owner') then
                    create role station_owner login nosuperuser nobypassrls;
                end if;
                if not exists (select from pg_roles where rolname = 'station_app') then
                    create role station_app login noinherit nosuperuser nobypassrls nocreatedb nocreaterole;
                end if;
            end $$
            ",
        )
        .execute(&mut connection)
        .await?;
        let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(database)
            .fetch_one(&mut connection)
            .await?;
        if !there {
            let plain = database.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            anyhow::ensure!(plain, "a database is named in lower case letters, digits and _");
            let create = sqlx::AssertSqlSafe(format!("create database {database} owner station_owner"));
            sqlx::raw_sql(create).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    pub fn stop(&mut self) {
        let Some(mut keeper) = self.keeper.take() else { return };
        if let Some(mut pipe) = keeper.stdin.take() {
            let _ = pipe.write_all(b"\n");
        }
        let _ = keeper.wait();
        if self.keep == Keep::Throwaway {
            let _ = fs::remove_dir_all(&self.socket);
            if let Some(home) = self.data.parent() {
                let _ = fs::remove_dir_all(home);
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The directory itself, or a substitute named after it if the lesser user cannot enter it (a
/// checkout below /root).
fn reachable(directory: PathBuf, as_lesser_user: bool, keep: Keep) -> PathBuf {
    let closed = |path: &Path| fs::metadata(path).is_ok_and(|found| found.mode() & 0o001 == 0);
    if !as_lesser_user || !directory.ancestors().skip(1).any(closed) {
        return directory;
    }
    let base = if keep == Keep::Throwaway { std::env::temp_dir() } else { PathBuf::from("/var/tmp") };
    let moved = base.join(format!("station-network-{}", short_name(&directory)));
    tracing::warn!(wanted = %directory.display(), using = %moved.display(), "the PostgreSQL user can't reach the data directory");
    moved
}

fn initialise(runner: &Runner, programs: &Path, data: &Path, keep: Keep) -> anyhow::Result<()> {
    // Remains of an interrupted first start.
    let _ = fs::remove_dir_all(data);
    let mut initdb = runner.command(&programs.join("initdb"));
    initdb.arg("-D").arg(data).args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
    ]);
    if keep == Keep::Throwaway {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().context("initdb could not be run")?;
    anyhow::ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn check_version(programs: &Path, data: &Path) -> anyhow::Result<()> {
    let made_by = fs::read_to_string(data.join("PG_VERSION"))?;
    let output = Command::new(programs.join("postgres")).arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let same = version.split_whitespace().any(|word| word.split('.').next() == Some(made_by.trim()));
    anyhow::ensure!(
        same,
        "{} was made by PostgreSQL {}, installed is {}",
        data.display(),
        made_by.trim(),
        version.trim()
    );
    Ok(())
}
