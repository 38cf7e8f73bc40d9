//! Programs: run to their end, or running beside the measurement and ended with it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use crate::failure::Failure;

/// How long a server may take to be ready, or to end.
const DEADLINE: Duration = Duration::from_mins(1);

/// A command in an environment that holds nothing but what a program needs to run at all: what somebody's own shell
/// says about databases is not meant for these.
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

/// Runs a program to its end and returns what it printed on standard output.
///
/// # Errors
/// [`Failure::Io`] if it does not start, [`Failure::Program`] if it fails.
pub(crate) async fn run(mut command: Command) -> Result<String, Failure> {
    let program = name(&command);
    let output = command.output().await.map_err(Failure::io(program.clone()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(Failure::Program { program, status: output.status, said: last_lines(&said) })
}

/// The last part of a program's path.
fn name(command: &Command) -> String {
    let program = Path::new(command.as_std().get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

/// What is worth showing of a long output.
fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}

/// A server that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    child: Child,
    id: u32,
    log: PathBuf,
}

impl Running {
    /// Starts it, with all that it prints in this file.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self, Failure> {
        let name = name(&command);
        let file = File::create(log).map_err(Failure::io(log.display().to_string()))?;
        let other = file.try_clone().map_err(Failure::io(log.display().to_string()))?;
        let child =
            command.stdout(file).stderr(other).spawn().map_err(Failure::io(name.clone()))?;
        let id = child.id().ok_or_else(|| Failure::Unexpected(format!("{name} has no number")))?;
        Ok(Self { name, child, id, log: log.to_owned() })
    }

    /// Waits until its log says something: the first answer of `look` to all that it has printed.
    ///
    /// # Errors
    /// If it ends before that, or says nothing of the kind in a minute.
    pub(crate) async fn says<T>(
        &mut self,
        mut look: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        loop {
            let said = fs::read(&self.log).map_err(Failure::io(self.name.clone()))?;
            let said = String::from_utf8_lossy(&said);
            if let Some(found) = look(&said) {
                return Ok(found);
            }
            if let Some(status) = self.status()? {
                let (program, said) = (self.name.clone(), last_lines(&said));
                return Err(Failure::Program { program, status, said });
            }
            if started.elapsed() > DEADLINE {
                let said = last_lines(&said);
                return Err(Failure::Unexpected(format!("{} is not ready:\n{said}", self.name)));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn status(&mut self) -> Result<Option<std::process::ExitStatus>, Failure> {
        self.child.try_wait().map_err(Failure::io(self.name.clone()))
    }

    /// Tells it to end and waits until it has.
    ///
    /// # Errors
    /// If it has ended before, or does not in a minute; then it is killed.
    pub(crate) async fn stop(mut self, signal: &str) -> Result<(), Failure> {
        if let Some(status) = self.status()? {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            let (program, said) = (self.name.clone(), last_lines(&said));
            return Err(Failure::Program { program, status, said });
        }
        let mut kill = command(Path::new("kill"));
        kill.arg(format!("-{signal}")).arg(self.id.to_string());
        run(kill).await?;
        match tokio::time::timeout(DEADLINE, self.child.wait()).await {
            Ok(ended) => ended.map(|_status| ()).map_err(Failure::io(self.name.clone())),
            Err(_elapsed) => Err(Failure::Unexpected(format!("{} does not end", self.name))),
        }
    }

    /// The most memory that it has had resident, in bytes. `None` where the system does not tell.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        peak_memory(&status)
    }
}

/// Finds `VmHWM:    12345 kB` in what Linux says of a process.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// A port of this machine on which nobody listens. Somebody may take it before its user does.
pub(crate) fn free_port() -> Result<u16, Failure> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(Failure::io("a port"))?;
    Ok(listener.local_addr().map_err(Failure::io("a port"))?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_memory_is_read_in_bytes() {
        let status = "Name:\toms\nVmPeak:\t  999999 kB\nVmHWM:\t   12345 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak_memory(status), Some(12_641_280));
        assert_eq!(peak_memory("Name:\toms\n"), None);
    }

    #[test]
    fn of_a_long_output_the_end_is_shown() {
        let said = (1..=30).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        assert_eq!(last_lines(&said).lines().next(), Some("11"));
        assert_eq!(last_lines("one\ntwo\n"), "one\ntwo");
    }

    #[tokio::test]
    async fn a_program_that_fails_is_shown_with_its_words() {
        let mut shell = command(Path::new("sh"));
        shell.args(["-c", "echo why >&2; exit 3"]);
        let failure = run(shell).await.unwrap_err().to_string();
        assert!(failure.starts_with("sh ended with exit status: 3") && failure.contains("why"));
    }

    #[tokio::test]
    async fn a_server_that_ends_before_it_is_ready_is_shown_with_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let mut shell = command(Path::new("sh"));
        shell.args(["-c", "echo no room"]);
        let mut server = Running::start(shell, &dir.path().join("log")).unwrap();
        let failure = server.says(|said| said.contains("ready").then_some(())).await.unwrap_err();
        assert!(failure.to_string().contains("no room"), "{failure}");
    }
}
