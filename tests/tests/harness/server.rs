//! A running server: started on a port that the system chooses, ended with the test.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Instant,
};

use super::{DEADLINE, client::Client, program, store::Store};

/// What the first admin of every server logs in with.
pub(crate) const ADMIN_EMAIL: &str = "admin@example.com";

/// What is set before a server starts.
#[derive(Debug, Clone)]
pub(crate) struct ServerBuilder {
    store: Arc<Store>,
    variables: BTreeMap<String, String>,
}

impl ServerBuilder {
    /// With this variable set.
    #[expect(clippy::needless_pass_by_value, reason = "so that numbers and text are written alike")]
    pub(crate) fn var(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }

    /// Without this variable, so that the program's own default holds.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// On a store that is there already.
    pub(crate) fn on(mut self, store: &Arc<Store>) -> Self {
        self.variables.extend(store.variables());
        self.store = Arc::clone(store);
        self
    }

    /// Starts it, and returns when it says that it listens.
    pub(crate) fn start(self) -> Server {
        let mut child = program::command(&self.store, &self.variables)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let printed = Arc::default();
        let (found, listening) = mpsc::channel();
        collect(child.stdout.take().expect("its output"), &printed, move |line| {
            if let Some((_, rest)) = line.split_once("listening on ") {
                let base = rest.split_whitespace().next().unwrap_or_default().to_owned();
                // Nobody waits any more if it comes a second time.
                let _ = found.send(base);
            }
        });
        collect(child.stderr.take().expect("its errors"), &printed, |_line| {});
        let mut server =
            Server { child: Some(child), base: String::new(), store: self.store, printed };
        match listening.recv_timeout(DEADLINE) {
            Ok(base) => server.base = base,
            Err(error) => panic!("the server does not say that it listens: {error}"),
        }
        server
    }
}

/// Keeps what a stream says, line by line, until it ends, so that the program never waits for a reader.
fn collect(
    stream: impl Read + Send + 'static,
    printed: &Arc<Mutex<String>>,
    mut each: impl FnMut(&str) + Send + 'static,
) {
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            each(&line);
            let mut printed = printed.lock().unwrap();
            printed.push_str(&line);
            printed.push('\n');
        }
    });
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    child: Option<Child>,
    base: String,
    store: Arc<Store>,
    printed: Arc<Mutex<String>>,
}

impl Server {
    /// What a server is given when a test says nothing else: a fresh store, an admin, cheap password
    /// hashes, no limits, and any free port.
    pub(crate) fn configure() -> ServerBuilder {
        let store = Arc::new(Store::fresh());
        let builder = ServerBuilder { store: Arc::clone(&store), variables: BTreeMap::new() };
        builder
            .on(&store)
            .var("HOST", "127.0.0.1")
            .var("PORT", 0)
            .var("WORKERS", 2)
            .var("BCRYPT_COST", 4)
            .var("RATE_LIMIT_LOGIN", "off")
            .var("RATE_LIMIT_REGISTER", "off")
            .var("ADMIN_EMAIL", ADMIN_EMAIL)
            .var("ADMIN_PASSWORD", super::PASSWORD)
            .var("LOG_FORMAT", "text")
            .var("RUST_LOG", "warn")
    }

    /// Such a server, started.
    pub(crate) fn start() -> Self {
        Self::configure().start()
    }

    /// Where it listens: `http://127.0.0.1:<port>`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Where it listens: `127.0.0.1:<port>`.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Its store, for another server to follow or join.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What it has printed up to now, on both streams.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Somebody who sends no credentials.
    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous(&self.base)
    }

    /// The admin that the server made at its first start, signed in anew.
    pub(crate) async fn admin(&self) -> Client {
        self.anonymous().signed_in(ADMIN_EMAIL).await
    }

    /// A customer of that name, registered and signed in. Their address is `<name>@example.com`.
    pub(crate) async fn customer(&self, name: &str) -> Client {
        self.anonymous().registered(name).await
    }

    /// Tells it something: `TERM`, `KILL`, `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().expect("a running server").id();
        let status = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
        assert!(status.expect("the kill command").success(), "no signal {signal} to {pid}");
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running server");
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("its exit status") {
                return status;
            }
            if started.elapsed() > DEADLINE {
                self.child = Some(child);
                panic!("the server has not ended after {DEADLINE:?}");
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Ends it the way a power cut does.
    pub(crate) async fn kill(self) {
        self.signal("KILL");
        self.ended().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already; either way it is reaped.
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!("--- the server at {} printed\n{}", self.base, self.printed());
        }
    }
}
