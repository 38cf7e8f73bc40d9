//! A running server: started on a port that the system chooses, ended with the test.

use std::{
    collections::BTreeMap,
    process::ExitStatus,
    sync::{Arc, mpsc},
};

use super::{DEADLINE, client::Client, process::Process, program, store::Store};

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
    pub(crate) fn on(self, store: &Arc<Store>) -> Self {
        Self { store: Arc::clone(store), ..self }
    }

    /// Starts it, and returns when it says that it listens.
    pub(crate) fn start(self) -> Server {
        let (found, listening) = mpsc::channel();
        let mut command = program::command(&self.store, &self.variables);
        command.arg("serve");
        let process = Process::start(command, move |line| {
            if let Some((_, rest)) = line.split_once("listening on ") {
                let base = rest.split_whitespace().next().unwrap_or_default().to_owned();
                // Nobody waits any more if it comes a second time.
                let _ = found.send(base);
            }
        });
        match listening.recv_timeout(DEADLINE) {
            Ok(base) => Server { process, base, store: self.store },
            Err(error) => panic!("the server does not say that it listens: {error}"),
        }
    }

    /// Starts `oms worker` with these settings, which delivers what servers leave in the outbox.
    pub(crate) fn start_worker(self) -> Process {
        let mut command = program::command(&self.store, &self.variables);
        command.arg("worker");
        Process::start(command, |_line| {})
    }
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    // Ends before its store goes.
    process: Process,
    base: String,
    store: Arc<Store>,
}

impl Server {
    /// What a server is given when a test says nothing else: a fresh store, an admin, cheap password
    /// hashes, no limits, and any free port.
    pub(crate) fn configure() -> ServerBuilder {
        Self::configure_on(Store::fresh())
    }

    /// The same on this store, for a test that chooses where the data is kept.
    pub(crate) fn configure_on(store: Store) -> ServerBuilder {
        ServerBuilder { store: Arc::new(store), variables: BTreeMap::new() }
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

    pub(crate) fn start() -> Self {
        Self::configure().start()
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Its store, for another server to follow or join.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What it has printed up to now, on both streams.
    pub(crate) fn printed(&self) -> String {
        self.process.printed()
    }

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
        self.process.signal(signal);
    }

    /// Whether it still runs: the same process as at the start.
    pub(crate) fn runs(&mut self) -> bool {
        self.process.runs()
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        self.process.ended().await
    }

    /// Ends it the way a power cut does.
    pub(crate) async fn kill(self) {
        self.signal("KILL");
        self.ended().await;
    }
}
