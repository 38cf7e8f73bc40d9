//! A process that runs during a test. Its output is collected, and it is killed when the test ends.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::DEADLINE;

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Option<Child>,
    printed: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    command_line: String,
}

impl Process {
    /// Starts a process. `each` is called with every line of its standard output.
    pub(super) fn start(mut command: Command, each: impl FnMut(&str) + Send + 'static) -> Self {
        let command_line = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command_line} does not start: {error}"));
        let printed = Arc::default();
        let readers = vec![
            collect(child.stdout.take().expect("its output"), &printed, each),
            collect(child.stderr.take().expect("its errors"), &printed, |_line| {}),
        ];
        Self { child: Some(child), printed, readers, command_line }
    }

    /// The output of the process so far, on standard output and standard error.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("a running program").id()
    }

    /// Sends the process a signal: `TERM`, `KILL`, `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.id();
        let status = Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
        assert!(status.expect("the kill command").success(), "no signal {signal} to {pid}");
    }

    /// Waits until the process has ended, for [`DEADLINE`] at most.
    pub(crate) async fn wait_for_exit(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("a running program");
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("its exit status") {
                return status;
            }
            if started.elapsed() > DEADLINE {
                self.child = Some(child);
                panic!("it has not ended after {DEADLINE:?}: {}", self.command_line);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // The process may have ended already; it is reaped in either case.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| child.try_wait().expect("its status").is_none())
    }
}

/// Collects the lines of a stream until it ends, so that the program never blocks on a full pipe.
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
            // The failure report includes the last lines.
            for reader in self.readers.drain(..) {
                let _ = reader.join();
            }
            eprintln!("--- {} printed\n{}", self.command_line, self.printed());
        }
    }
}
