//! A real browser: headless Chromium with a temporary profile, driven by chromedriver. It ends with
//! the test.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    error::{CmdError, NewSessionError},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{DEADLINE, client::http_client, process::Process, provided};

/// The timeout for anything on a page. A browser starts slowly on a busy machine.
const PAGE_TIMEOUT: Duration = Duration::from_secs(90);

/// The interval between two attempts on a page.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The number of attempts to start Chromium, which fails at times where memory is short.
const MAX_START_ATTEMPTS: usize = 3;

/// A browser that shows a page.
pub(crate) struct Browser {
    client: Client,
    /// The driver's URL of this browser: `http://127.0.0.1:<port>/session/<id>`.
    session: String,
    // Dropping it ends the browser and then removes the profile.
    _driver: Driver,
}

impl Browser {
    /// Starts a browser. Returns `None` where `OMS_TEST_BROWSER=off` skips the browser tests.
    pub(crate) async fn start() -> Option<Self> {
        if std::env::var("OMS_TEST_BROWSER").is_ok_and(|value| value == "off") {
            return None;
        }
        let mut failures = Vec::new();
        for _ in 0..MAX_START_ATTEMPTS {
            let driver = Driver::start();
            match driver.connect().await {
                Ok(client) => {
                    let id = client.session_id().await.expect("a response").expect("a session");
                    let session = format!("{}/session/{id}", driver.base);
                    return Some(Self { client, session, _driver: driver });
                }
                Err(error) => failures.push(error.to_string()),
            }
        }
        panic!("Chromium does not start: {failures:?}");
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Clicks the element that this selects, as soon as it is there and not covered by another.
    pub(crate) async fn click(&self, selector: &str) {
        self.retry_on(selector, async |element| element.click().await.map(Some)).await;
    }

    /// Replaces the content of a field.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        // Ctrl+A selects everything, which the first character then replaces.
        let keys = format!("\u{e009}a\u{e000}{text}");
        self.retry_on(selector, async |element| {
            element.send_keys(&keys).await?;
            let typed = element.prop("value").await?;
            Ok((typed.as_deref() == Some(text)).then_some(()))
        })
        .await;
    }

    /// The text of the element that this selects, as soon as it has any.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.retry_on(selector, async |element| {
            Ok(Some(element.text().await?).filter(|text| !text.trim().is_empty()))
        })
        .await
    }

    /// Finds an element and retries the attempt on it until it returns a value, since a page may
    /// change meanwhile.
    async fn retry_on<T>(
        &self,
        selector: &str,
        mut attempt: impl AsyncFnMut(Element) -> Result<Option<T>, CmdError>,
    ) -> T {
        let started = Instant::now();
        loop {
            let result = match self.client.find(Locator::Css(selector)).await {
                Ok(element) => attempt(element).await,
                Err(error) => Err(error),
            };
            if let Ok(Some(value)) = result {
                return value;
            }
            if started.elapsed() > PAGE_TIMEOUT {
                let failure = result.err().map(|error| error.to_string());
                let page = self.client.source().await.unwrap_or_default();
                panic!("{selector}: no success after {PAGE_TIMEOUT:?}: {failure:?}\n{page}");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The errors in the browser's console since the last call.
    pub(crate) async fn console_errors(&self) -> Vec<String> {
        let entries = self.log("browser").await;
        let errors = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        errors.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The URLs that pages of this server have requested since the last call, in order. The
    /// browser's own start page is left out.
    pub(crate) async fn requested_urls(&self, server: &str) -> Vec<String> {
        let entries = self.log("performance").await;
        let events = entries.iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let request = &event["message"]["params"];
            let is_of_server = event["message"]["method"] == "Network.requestWillBeSent"
                && request["documentURL"].as_str()?.starts_with(server);
            let url = request["request"]["url"].as_str()?.to_owned();
            is_of_server.then_some(url)
        });
        events.collect()
    }

    /// The entries of the driver's log of this kind since the last call.
    async fn log(&self, kind: &str) -> Vec<Value> {
        let http = http_client().timeout(PAGE_TIMEOUT).build();
        let request = http.expect("an HTTP client").post(format!("{}/se/log", self.session));
        let response = request.json(&json!({"type": kind})).send().await.expect("a response");
        let mut response: Value = response.json().await.expect("JSON");
        serde_json::from_value(response["value"].take()).expect("a log")
    }
}

/// The chromedriver process, and the browser's profile.
struct Driver {
    process: Process,
    base: String,
    profile: TempDir,
}

impl Driver {
    fn start() -> Self {
        let profile = TempDir::with_prefix("oms-browser-").expect("a temporary directory");
        let mut command = Command::new(provided("OMS_TEST_CHROMEDRIVER"));
        // Everything that Chromium writes goes into its profile, also what it would write into
        // $HOME.
        command.arg("--port=0").env("HOME", profile.path()).env("TMPDIR", profile.path());
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env_remove(variable);
        }
        let (sender, receiver) = mpsc::channel();
        let process = Process::start(command, move |line| {
            if let Some((_, rest)) = line.split_once("started successfully on port ") {
                let port = rest.trim_end_matches('.').to_owned();
                // The receiver was dropped if the line is printed a second time.
                let _ = sender.send(port);
            }
        });
        match receiver.recv_timeout(PAGE_TIMEOUT) {
            Ok(port) => Self { process, base: format!("http://127.0.0.1:{port}"), profile },
            Err(error) => panic!("chromedriver does not print its port: {error}"),
        }
    }

    async fn connect(&self) -> Result<Client, NewSessionError> {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let mut options = json!({"args": [
            "--headless=new",
            // The browser opens only pages of the server under test, and the sandbox does not work
            // as root, the user of containers.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-extensions",
            "--no-proxy-server",
            "--window-size=1280,2000",
            profile,
        ]});
        if let Ok(chromium) = std::env::var("OMS_TEST_CHROMIUM") {
            options["binary"] = chromium.into();
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "timeouts": {"pageLoad": PAGE_TIMEOUT.as_secs() * 1000},
        });
        let capabilities = serde_json::from_value(capabilities).expect("an object");
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.base)
            .await
    }

    /// Requests that the driver ends its browser and itself.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://"))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream
            .write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver that no longer listens is killed, and so are the processes that it leaves
        // behind.
        let _ = self.shut_down();
        let started = Instant::now();
        while self.process.is_running() && started.elapsed() < DEADLINE {
            thread::sleep(Duration::from_millis(5));
        }
        self.process.kill();
        // A process that is ending still writes into the profile.
        let profile = self.profile.path().to_string_lossy().into_owned();
        loop {
            let leftovers = processes_with_argument(&profile);
            if leftovers.is_empty() || started.elapsed() > DEADLINE {
                return;
            }
            // A process that has ended meanwhile needs no signal.
            let _ = Command::new("kill").arg("-KILL").args(leftovers).status();
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The ids of processes with this text in their arguments; none where there is no `/proc`.
fn processes_with_argument(text: &str) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let named = processes.flatten().filter(|process| {
        fs::read(process.path().join("cmdline"))
            .is_ok_and(|arguments| String::from_utf8_lossy(&arguments).contains(text))
    });
    named.map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}
