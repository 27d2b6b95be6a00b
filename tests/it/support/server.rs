//! The shipped server binary, in its own process, on a test's database.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use super::World;

/// A server process, killed on drop; it restarts on the same port.
pub struct Server {
    process: Mutex<Option<Child>>,
    port: u16,
    url: String,
    data: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub html: String,
}

impl Server {
    pub async fn start(world: &World) -> Self {
        let options = world.app_options();
        let socket = options.get_socket().unwrap().display().to_string().replace('/', "%2F");
        let (port, database) = (options.get_port(), options.get_database().unwrap());
        let url = format!("postgres://station_app@localhost:{port}/{database}?host={socket}");
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let data = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("server-{}", Uuid::new_v4()));
        // The world's sessions follow its fixed clock; make them valid on the server's real clock.
        sqlx::query("update sessions set began_at = now(), seen_at = now()").execute(&world.root).await.unwrap();
        let server = Self { process: Mutex::new(None), port, url, data };
        server.start_again().await;
        server
    }

    /// Starts the server with 8 GiB of address space, so that a runaway allocation kills the
    /// server and not the machine.
    pub async fn start_again(&self) {
        let process = Command::new("sh")
            .args(["-c", "ulimit -v 8388608; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_station-network")])
            .args(["serve", "--network", "one"])
            .env("DATABASE_URL", &self.url)
            .env("STATION_DATA", &self.data)
            .env("STATION_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        *self.process.lock().unwrap() = Some(process);
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not answer");
    }

    pub fn kill(&self) {
        if let Some(mut process) = self.process.lock().unwrap().take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Peak memory in MiB.
    pub fn peak(&self) -> u64 {
        let process = self.process.lock().unwrap().as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Sends a request; returns `None` without a complete answer.
    pub async fn send(&self, sent: Sent<'_>) -> Option<Answer> {
        let Sent { path, session, kind, body } = sent;
        let method = if body.is_empty() { "GET" } else { "POST" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: session={session}\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(body).await.ok()?;
        let mut answer = vec![];
        stream.read_to_end(&mut answer).await.ok()?;
        let html = String::from_utf8_lossy(&answer).into_owned();
        let status = html.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let location = html.lines().find_map(|line| line.strip_prefix("location: ")).map(|at| at.trim().to_owned());
        Some(Answer { status, location, html })
    }
}

/// A request with a session; an empty body makes it a GET.
pub struct Sent<'a> {
    pub path: &'a str,
    pub session: &'a str,
    pub kind: &'a str,
    pub body: &'a [u8],
}
