//! A running server: it listens on a port that the system chooses, and ends with the test.

use std::{
    collections::BTreeMap,
    process::ExitStatus,
    sync::{Arc, mpsc},
};

use super::{DEADLINE, client::Client, process::Process, program, store::Store};

/// The email address of the admin that every server creates at its first start.
pub(crate) const ADMIN_EMAIL: &str = "admin@example.com";

/// The settings of a server that is to be started.
#[derive(Debug, Clone)]
pub(crate) struct ServerBuilder {
    store: Arc<Store>,
    variables: BTreeMap<String, String>,
    with_file_limit: bool,
}

impl ServerBuilder {
    /// Sets a variable.
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and text alike")]
    pub(crate) fn var(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }

    /// Removes a variable, so that the program's default applies.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Makes a limit of file sizes, which a test may set later, act like a full disk.
    pub(crate) fn with_file_limit(self) -> Self {
        Self { with_file_limit: true, ..self }
    }

    /// Uses a store that exists already.
    pub(crate) fn on_store(self, store: &Arc<Store>) -> Self {
        Self { store: Arc::clone(store), ..self }
    }

    /// The store that the server is to use.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn start(self) -> Server {
        let (sender, receiver) = mpsc::channel();
        let command =
            if self.with_file_limit { program::command_with_file_limit } else { program::command };
        let mut command = command(&self.store, &self.variables);
        command.arg("serve");
        let process = Process::start(command, move |line| {
            if let Some((_, rest)) = line.split_once("listening on ") {
                let base_url = rest.split_whitespace().next().unwrap_or_default().to_owned();
                // The receiver was dropped if the line is printed a second time.
                let _ = sender.send(base_url);
            }
        });
        match receiver.recv_timeout(DEADLINE) {
            Ok(base_url) => Server { process, base_url, store: self.store },
            Err(error) => panic!("the server does not print that it listens: {error}"),
        }
    }

    /// Starts `oms worker` with these settings, which delivers the events in the outbox.
    pub(crate) fn start_worker(self) -> Process {
        let mut command = program::command(&self.store, &self.variables);
        command.arg("worker");
        Process::start(command, |_line| {})
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    // Dropped before the store, so that the process has ended when the store is removed.
    process: Process,
    base_url: String,
    store: Arc<Store>,
}

impl Server {
    /// The default settings of tests: an empty store, an admin, cheap password hashes, no rate
    /// limits, and any free port.
    pub(crate) fn configure() -> ServerBuilder {
        Self::configure_on(Store::fresh())
    }

    /// The default settings on this store.
    pub(crate) fn configure_on(store: Store) -> ServerBuilder {
        ServerBuilder { store: Arc::new(store), variables: BTreeMap::new(), with_file_limit: false }
            .var("HOST", "127.0.0.1")
            .var("PORT", 0)
            .var("WORKERS", 2)
            .var("BCRYPT_COST", 4)
            .var("RATE_LIMIT_LOGIN", "off")
            .var("RATE_LIMIT_REGISTER", "off")
            .var("RATE_LIMIT_ACCOUNT_LOGIN", "off")
            .var("RATE_LIMIT_ACCOUNT_MAIL", "off")
            .var("RATE_LIMIT_EMAIL_CHANGE", "off")
            .var("ADMIN_EMAIL", ADMIN_EMAIL)
            .var("ADMIN_PASSWORD", super::PASSWORD)
            .var("LOG_FORMAT", "text")
            .var("RUST_LOG", "warn")
    }

    pub(crate) fn start() -> Self {
        Self::configure().start()
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn address(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    /// The store, on which other servers can start as well.
    pub(crate) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The output of the server so far, on standard output and standard error.
    pub(crate) fn printed(&self) -> String {
        self.process.printed()
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous(&self.base_url)
    }

    /// The admin that the server created at its first start, with a new session.
    pub(crate) async fn admin(&self) -> Client {
        self.anonymous().log_in(ADMIN_EMAIL).await
    }

    /// A new customer with a session, whose email address is `<name>@example.com`.
    pub(crate) async fn customer(&self, name: &str) -> Client {
        self.anonymous().register(name).await
    }

    /// Sends the server a signal: `TERM`, `KILL`, `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// The id of the process that was started.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Whether the process of the server is still running.
    pub(crate) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    pub(crate) async fn wait_for_exit(mut self) -> ExitStatus {
        self.process.wait_for_exit().await
    }

    /// Kills the server without a graceful shutdown.
    pub(crate) async fn kill(self) {
        self.signal("KILL");
        self.wait_for_exit().await;
    }
}
