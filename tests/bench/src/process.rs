//! Processes: programs that run to completion, and servers that run during a measurement and are
//! ended after it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use crate::error::BenchError;

/// The timeout for a server to become ready, and to end.
const START_STOP_TIMEOUT: Duration = Duration::from_mins(1);

/// A command whose environment holds only what a program needs to run at all, so that the shell's
/// database settings do not reach it.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
    for inherited in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(inherited) {
            command.env(inherited, value);
        }
    }
    command
}

/// Runs a program to completion and returns its standard output.
///
/// # Errors
/// [`BenchError::Io`] if it does not start, [`BenchError::Program`] if it fails.
pub(crate) async fn run(mut command: Command) -> Result<String, BenchError> {
    let program = name(&command);
    let output = command.output().await.map_err(BenchError::io(program.clone()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut printed = String::from_utf8_lossy(&output.stdout).into_owned();
    printed.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(BenchError::Program { program, status: output.status, output: last_lines(&printed) })
}

/// The last part of a program's path.
fn name(command: &Command) -> String {
    let program = Path::new(command.as_std().get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

/// The last 20 lines of an output.
fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}

/// A running server process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    id: u32,
    log: PathBuf,
}

impl Process {
    /// Starts a process and redirects its output to this file.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self, BenchError> {
        let name = name(&command);
        let file = File::create(log).map_err(BenchError::io(log.display().to_string()))?;
        let other = file.try_clone().map_err(BenchError::io(log.display().to_string()))?;
        let child =
            command.stdout(file).stderr(other).spawn().map_err(BenchError::io(name.clone()))?;
        let id = child
            .id()
            .ok_or_else(|| BenchError::Unexpected(format!("{name} has no process id")))?;
        Ok(Self { name, child, id, log: log.to_owned() })
    }

    /// Waits until `parse` returns a value for the process's log, and returns the value.
    ///
    /// # Errors
    /// If the process ends before, or `parse` returns no value within a minute.
    pub(crate) async fn wait_for_output<T>(
        &mut self,
        mut parse: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, BenchError> {
        let started = Instant::now();
        loop {
            let output = fs::read(&self.log).map_err(BenchError::io(self.name.clone()))?;
            let output = String::from_utf8_lossy(&output);
            if let Some(found) = parse(&output) {
                return Ok(found);
            }
            if let Some(status) = self.status()? {
                let (program, output) = (self.name.clone(), last_lines(&output));
                return Err(BenchError::Program { program, status, output });
            }
            if started.elapsed() > START_STOP_TIMEOUT {
                let output = last_lines(&output);
                return Err(BenchError::Unexpected(format!(
                    "{} is not ready:\n{output}",
                    self.name
                )));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn status(&mut self) -> Result<Option<std::process::ExitStatus>, BenchError> {
        self.child.try_wait().map_err(BenchError::io(self.name.clone()))
    }

    /// Sends the process a signal and waits until it has ended.
    ///
    /// # Errors
    /// If the process had ended before, or does not end within a minute; it is killed then.
    pub(crate) async fn stop(mut self, signal: &str) -> Result<(), BenchError> {
        if let Some(status) = self.status()? {
            let output = fs::read_to_string(&self.log).unwrap_or_default();
            let (program, output) = (self.name.clone(), last_lines(&output));
            return Err(BenchError::Program { program, status, output });
        }
        let mut kill = command(Path::new("kill"));
        kill.arg(format!("-{signal}")).arg(self.id.to_string());
        run(kill).await?;
        match tokio::time::timeout(START_STOP_TIMEOUT, self.child.wait()).await {
            Ok(ended) => ended.map(|_status| ()).map_err(BenchError::io(self.name.clone())),
            Err(_elapsed) => Err(BenchError::Unexpected(format!("{} does not end", self.name))),
        }
    }

    /// The peak resident memory of the process in bytes. `None` where the system has no `/proc`.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        peak_memory(&status)
    }
}

/// Parses `VmHWM:    12345 kB` in `/proc/<id>/status`.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// A free port of this machine. Another program may take it before the caller does.
pub(crate) fn free_port() -> Result<u16, BenchError> {
    let listener =
        std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(BenchError::io("a port"))?;
    Ok(listener.local_addr().map_err(BenchError::io("a port"))?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_memory_is_parsed_in_bytes() {
        let status = "Name:\toms\nVmPeak:\t  999999 kB\nVmHWM:\t   12345 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak_memory(status), Some(12_641_280));
        assert_eq!(peak_memory("Name:\toms\n"), None);
    }

    #[test]
    fn the_last_lines_of_a_long_output_are_kept() {
        let output = (1..=30).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        assert_eq!(last_lines(&output).lines().next(), Some("11"));
        assert_eq!(last_lines("one\ntwo\n"), "one\ntwo");
    }

    #[tokio::test]
    async fn the_error_of_a_failed_program_has_its_output() {
        let mut shell = command(Path::new("sh"));
        shell.args(["-c", "echo why >&2; exit 3"]);
        let failure = run(shell).await.unwrap_err().to_string();
        assert!(failure.starts_with("sh ended with exit status: 3") && failure.contains("why"));
    }

    #[tokio::test]
    async fn the_error_of_a_server_that_ends_before_it_is_ready_has_its_output() {
        let dir = tempfile::tempdir().unwrap();
        let mut shell = command(Path::new("sh"));
        shell.args(["-c", "echo no room"]);
        let mut server = Process::start(shell, &dir.path().join("log")).unwrap();
        let failure = server
            .wait_for_output(|output| output.contains("ready").then_some(()))
            .await
            .unwrap_err();
        assert!(failure.to_string().contains("no room"), "{failure}");
    }
}
