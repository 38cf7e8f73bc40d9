//! A real browser: headless Chromium with a profile of its own, driven by chromedriver. It is gone with the test.

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

/// How long anything on a page may take. A browser is slow to begin where others use the machine, too.
const PATIENCE: Duration = Duration::from_secs(90);

/// A pause between two looks at a page.
const PAUSE: Duration = Duration::from_millis(50);

/// How often Chromium may fail to start: it does now and then where memory is short.
const STARTS: usize = 3;

/// A browser that shows a page.
pub(crate) struct Browser {
    client: Client,
    /// `http://127.0.0.1:<port>/session/<id>`: where the driver listens to what concerns this browser.
    session: String,
    // Ends, with the browser, before its profile goes.
    _driver: Driver,
}

impl Browser {
    /// Starts one, unless whoever runs the tests does without (`OMS_TEST_BROWSER=off`).
    pub(crate) async fn start() -> Option<Self> {
        if std::env::var("OMS_TEST_BROWSER").is_ok_and(|wanted| wanted == "off") {
            return None;
        }
        let mut failures = Vec::new();
        for _ in 0..STARTS {
            let driver = Driver::start();
            match driver.connect().await {
                Ok(client) => {
                    let id = client.session_id().await.expect("an answer").expect("a session");
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

    /// Presses what this selects, as soon as it is there and nothing lies above it.
    pub(crate) async fn press(&self, selector: &str) {
        self.until(selector, async |element| element.click().await.map(Some)).await;
    }

    /// Types a text in place of what stands in a field.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        // Control and A, and Control let go of: everything is chosen, and goes with the first letter.
        let keys = format!("\u{e009}a\u{e000}{text}");
        self.until(selector, async |element| {
            element.send_keys(&keys).await?;
            let typed = element.prop("value").await?;
            Ok((typed.as_deref() == Some(text)).then_some(()))
        })
        .await;
    }

    /// The text of what this selects, as soon as there is any.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.until(selector, async |element| {
            Ok(Some(element.text().await?).filter(|text| !text.trim().is_empty()))
        })
        .await
    }

    /// Tries something with an element until it comes to something. A page that changes right now is looked at
    /// again.
    async fn until<T>(
        &self,
        selector: &str,
        mut attempt: impl AsyncFnMut(Element) -> Result<Option<T>, CmdError>,
    ) -> T {
        let started = Instant::now();
        loop {
            let outcome = match self.client.find(Locator::Css(selector)).await {
                Ok(element) => attempt(element).await,
                Err(error) => Err(error),
            };
            if let Ok(Some(value)) = outcome {
                return value;
            }
            if started.elapsed() > PATIENCE {
                let failure = outcome.err().map(|error| error.to_string());
                let page = self.client.source().await.unwrap_or_default();
                panic!("{selector}: still not so after {PATIENCE:?}: {failure:?}\n{page}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The errors that the console has shown since it was last asked.
    pub(crate) async fn console_errors(&self) -> Vec<String> {
        let entries = self.log("browser").await;
        let errors = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        errors.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The URLs that pages of this server have asked for since it was last asked, in their order. A browser opens
    /// with a page of its own, which is nobody's concern.
    pub(crate) async fn requested_by(&self, server: &str) -> Vec<String> {
        let entries = self.log("performance").await;
        let events = entries.iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let request = &event["message"]["params"];
            let is_theirs = event["message"]["method"] == "Network.requestWillBeSent"
                && request["documentURL"].as_str()?.starts_with(server);
            let url = request["request"]["url"].as_str()?.to_owned();
            is_theirs.then_some(url)
        });
        events.collect()
    }

    /// What the driver has noted since it was last asked, of that kind.
    async fn log(&self, kind: &str) -> Vec<Value> {
        let http = http_client().timeout(PATIENCE).build();
        let asked = http.expect("an HTTP client").post(format!("{}/se/log", self.session));
        let reply = asked.json(&json!({"type": kind})).send().await.expect("an answer");
        let mut reply: Value = reply.json().await.expect("JSON");
        serde_json::from_value(reply["value"].take()).expect("a log")
    }
}

/// The program that drives a browser, and the browser's profile.
struct Driver {
    process: Process,
    base: String,
    profile: TempDir,
}

impl Driver {
    fn start() -> Self {
        let profile = TempDir::with_prefix("oms-browser-").expect("a temporary directory");
        let mut command = Command::new(provided("OMS_TEST_CHROMEDRIVER"));
        // All that Chromium leaves behind is in its profile, also what it would put into somebody's home.
        command.arg("--port=0").env("HOME", profile.path()).env("TMPDIR", profile.path());
        for elsewhere in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env_remove(elsewhere);
        }
        let (found, listening) = mpsc::channel();
        let process = Process::start(command, move |line| {
            if let Some((_, rest)) = line.split_once("started successfully on port ") {
                let port = rest.trim_end_matches('.').to_owned();
                // Nobody waits any more if it comes a second time.
                let _ = found.send(port);
            }
        });
        match listening.recv_timeout(PATIENCE) {
            Ok(port) => Self { process, base: format!("http://127.0.0.1:{port}"), profile },
            Err(error) => panic!("chromedriver does not say that it listens: {error}"),
        }
    }

    async fn connect(&self) -> Result<Client, NewSessionError> {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let mut options = json!({"args": [
            "--headless=new",
            // It shows pages of ours alone; and root, as whom containers run tests, has no sandbox.
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
            "timeouts": {"pageLoad": PATIENCE.as_secs() * 1000},
        });
        let capabilities = serde_json::from_value(capabilities).expect("an object");
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&self.base)
            .await
    }

    /// Tells the driver to end its browser and itself.
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
        // If it does not listen any more it is killed, and so is what it leaves behind.
        let _ = self.shut_down();
        let started = Instant::now();
        while self.process.runs() && started.elapsed() < DEADLINE {
            thread::sleep(Duration::from_millis(5));
        }
        self.process.kill();
        // A process that was told to end writes into its directory until it is gone.
        let profile = self.profile.path().to_string_lossy().into_owned();
        loop {
            let strays = processes_that_name(&profile);
            if strays.is_empty() || started.elapsed() > DEADLINE {
                return;
            }
            // One that is gone by now needs no signal.
            let _ = Command::new("kill").arg("-KILL").args(strays).status();
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The numbers of processes with this text among their arguments, where the system lists them.
fn processes_that_name(text: &str) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let named = processes.flatten().filter(|process| {
        fs::read(process.path().join("cmdline"))
            .is_ok_and(|arguments| String::from_utf8_lossy(&arguments).contains(text))
    });
    named.map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}
