//! A Redis server for one test, and plain commands to any Redis server.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{DEADLINE, eventually, free_port, process};

/// A Redis server on its own port. It keeps the port and its files across restarts.
#[derive(Debug)]
pub struct Redis {
    process: Option<Child>,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Redis {
    /// Starts a server without persistence.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server that syncs each write to its file before it answers.
    pub async fn start_durable() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await
    }

    /// Starts a server with additional arguments.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let mut server = Self::not_started(arguments);
        server.start_again().await;
        server
    }

    /// A server that has not been started.
    pub fn not_started(arguments: &[&str]) -> Self {
        Self {
            process: None,
            port: free_port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            folder: TempDir::with_prefix("oms-redis-").expect("a temporary directory"),
        }
    }

    /// The directory of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts the server with its persisted data, and returns when it answers.
    pub async fn start_again(&mut self) {
        self.launch();
        let url = self.url();
        eventually("Redis answers", async || match redis_command(&url, &["PING"]) {
            Ok(answer) => answer == "+PONG",
            Err(error) => error.to_string().starts_with("NOAUTH"),
        })
        .await;
    }

    /// Starts the server without waiting for an answer.
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

    /// Kills the server without a shutdown (SIGKILL).
    pub fn kill(&mut self) {
        process::end(self.process.take().expect("a running server"), "KILL");
    }

    /// Suspends the server, which then behaves like one on a swapping machine or behind a network
    /// that drops all packets: connections stay open, but no command is answered. Returns when it
    /// is suspended.
    pub async fn hang(&self) {
        let process = self.process.as_ref().expect("a running server");
        process::signal(process, "STOP");
        eventually("Redis hangs", async || is_stopped(process.id())).await;
    }

    /// Resumes the server after [`hang`](Self::hang).
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

/// Whether every thread of a process is stopped. True for a process that cannot be inspected, as in
/// a container.
fn is_stopped(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return true };
    threads.flatten().all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The state follows the program's name, which is in parentheses.
        stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
    }) || env::var_os("OMS_TEST_KILL").is_some()
}

/// Sends one command to the server at `redis://host:port`, and returns the first line of the
/// answer.
///
/// # Errors
/// The server is unreachable, or returns an error.
pub fn redis_command(url: &str, command: &[&str]) -> io::Result<String> {
    send(url, command).map(|(line, _rest)| line)
}

/// Sends one command whose answer is a text (a bulk string) to the server at `redis://host:port`,
/// and returns the text; empty if there is none.
///
/// # Errors
/// The server is unreachable, or returns an error or another type.
pub fn redis_text(url: &str, command: &[&str]) -> io::Result<String> {
    let (line, mut rest) = send(url, command)?;
    let length = line.strip_prefix('$').and_then(|length| length.parse::<i64>().ok());
    let length = length.ok_or_else(|| io::Error::other(format!("not a text: {line}")))?;
    let mut text = vec![0; usize::try_from(length).unwrap_or(0)];
    rest.read_exact(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

/// Sends one command. Returns the first line of the answer, and the connection to read the rest.
fn send(url: &str, command: &[&str]) -> io::Result<(String, BufReader<TcpStream>)> {
    let address = url.trim_start_matches("redis://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let mut request = format!("*{}\r\n", command.len());
    for word in command {
        write!(request, "${}\r\n{word}\r\n", word.len()).expect("memory");
    }
    stream.write_all(request.as_bytes())?;
    let (mut line, mut answer) = (String::new(), BufReader::new(stream));
    answer.read_line(&mut line)?;
    match line.trim_end().strip_prefix('-') {
        Some(refusal) => Err(io::Error::other(refusal.to_owned())),
        None => Ok((line.trim_end().to_owned(), answer)),
    }
}
