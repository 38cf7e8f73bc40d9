//! A Redis server of a test's own, and plain questions to any.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{DEADLINE, eventually, free_port, process};

/// A Redis server on a port of its own, which it keeps, as it does its files, however often it is ended and started
/// again.
#[derive(Debug)]
pub struct Redis {
    process: Option<Child>,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Redis {
    /// One that keeps nothing when it ends.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One that has each write in its file before it answers.
    pub async fn start_durable() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await
    }

    /// One with these arguments besides.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let mut server = Self::absent(arguments);
        server.start_again().await;
        server
    }

    /// One that is yet to start.
    pub fn absent(arguments: &[&str]) -> Self {
        Self {
            process: None,
            port: free_port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            folder: TempDir::with_prefix("oms-redis-").expect("a temporary directory"),
        }
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it, with what it kept, and returns when it answers.
    pub async fn start_again(&mut self) {
        self.launch();
        let url = self.url();
        eventually("Redis answers", async || match ask_redis(&url, &["PING"]) {
            Ok(answer) => answer == "+PONG",
            Err(error) => error.to_string().starts_with("NOAUTH"),
        })
        .await;
    }

    /// Starts it, without waiting for anything.
    pub fn launch(&mut self) {
        let program = env::var_os("OMS_TEST_REDIS_SERVER");
        let process = Command::new(program.unwrap_or_else(|| "redis-server".into()))
            .current_dir(self.folder.path())
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed, or OMS_TEST_REDIS_SERVER names it");
        assert!(self.process.replace(process).is_none(), "it runs already");
    }

    /// Ends it the way a power cut does.
    pub fn kill(&mut self) {
        process::end(self.process.take().expect("a running server"), "KILL");
    }

    /// Has it hang, as a machine that swaps or a network that drops everything does: connections stay open, nothing
    /// is answered. Returns when it does.
    pub async fn hang(&self) {
        let process = self.process.as_ref().expect("a running server");
        process::signal(process, "STOP");
        eventually("Redis hangs", async || is_stopped(process.id())).await;
    }

    /// Lets it go on.
    pub fn resume(&self) {
        process::signal(self.process.as_ref().expect("a running server"), "CONT");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process::end(process, "KILL");
        }
    }
}

/// Whether every thread of a process is stopped. One that cannot be looked into, as that of a container, is taken
/// for it.
fn is_stopped(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return true };
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The state is what follows the program's name, which stands in parentheses.
        stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
    }) || env::var_os("OMS_TEST_KILL").is_some()
}

/// Sends one command to the server at `redis://host:port`, and returns the first line of the answer.
///
/// # Errors
/// The server is away, or refuses the command.
pub fn ask_redis(url: &str, command: &[&str]) -> io::Result<String> {
    let address = url.trim_start_matches("redis://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let mut request = format!("*{}\r\n", command.len());
    for word in command {
        write!(request, "${}\r\n{word}\r\n", word.len()).expect("memory");
    }
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    match line.trim_end().strip_prefix('-') {
        Some(refusal) => Err(io::Error::other(refusal.to_owned())),
        None => Ok(line.trim_end().to_owned()),
    }
}
