//! A program of the product that runs beside the test: what it prints is kept, and it ends with the test.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::DEADLINE;

/// A program that runs.
#[derive(Debug)]
pub(crate) struct Process {
    child: Option<Child>,
    printed: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    told: String,
}

impl Process {
    /// Starts it. `each` hears every line of its standard output.
    pub(super) fn start(mut command: Command, each: impl FnMut(&str) + Send + 'static) -> Self {
        let told = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{told} does not start: {error}"));
        let printed = Arc::default();
        let readers = vec![
            collect(child.stdout.take().expect("its output"), &printed, each),
            collect(child.stderr.take().expect("its errors"), &printed, |_line| {}),
        ];
        Self { child: Some(child), printed, readers, told }
    }

    /// What it has printed up to now, on both streams.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("a running program").id()
    }

    /// Tells it something: `TERM`, `KILL`, `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.id();
        let status = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
        assert!(status.expect("the kill command").success(), "no signal {signal} to {pid}");
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running program");
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("its exit status") {
                return status;
            }
            if started.elapsed() > DEADLINE {
                self.child = Some(child);
                panic!("it has not ended after {DEADLINE:?}: {}", self.told);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already; either way it is reaped.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn runs(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| child.try_wait().expect("its status").is_none())
    }
}

/// Keeps what a stream says, line by line, until it ends, so that the program never waits for a reader.
fn collect(
    stream: impl Read + Send + 'static,
    printed: &Arc<Mutex<String>>,
    mut each: impl FnMut(&str) + Send + 'static,
) -> JoinHandle<()> {
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            each(&line);
            let mut printed = printed.lock().unwrap();
            printed.push_str(&line);
            printed.push('\n');
        }
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            // Its last words are worth waiting for.
            for reader in self.readers.drain(..) {
                let _ = reader.join();
            }
            eprintln!("--- {} printed\n{}", self.told, self.printed());
        }
    }
}
