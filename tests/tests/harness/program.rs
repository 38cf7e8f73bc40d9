//! One run of the `oms` program from start to exit: a command, or a start that must fail.

use std::{
    collections::BTreeMap,
    io::Write as _,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use super::{DEADLINE, store::Store};

/// A user without any rights, on every Unix.
const UNPRIVILEGED_ID: u32 = 65_534;

/// The path of the binary under test: `OMS_BIN`, or else where cargo builds it.
pub(crate) fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("OMS_BIN") {
        return PathBuf::from(named);
    }
    let test = std::env::current_exe().expect("the path of this test");
    // target/<profile>/deps/blackbox-… → target/<profile>/oms
    let profile = test.parent().and_then(|deps| deps.parent()).expect("cargo's layout");
    let binary = profile.join("oms");
    assert!(
        binary.is_file(),
        "there is no {}: run `make test` (or `cargo build --bin oms` first)",
        binary.display()
    );
    binary
}

/// A command on a store. Its environment holds only these variables, the store's, which they
/// override, and what a program needs to run at all.
pub(crate) fn command(store: &Store, variables: &BTreeMap<String, String>) -> Command {
    prepare(Command::new(binary()), store, variables)
}

/// As [`command`], with the signal SIGXFSZ ignored: a write beyond the limit of file sizes fails,
/// as on a full disk, and does not end the process.
pub(super) fn command_with_file_limit(
    store: &Store,
    variables: &BTreeMap<String, String>,
) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap '' XFSZ; exec "$0" "$@""#]).arg(binary());
    prepare(shell, store, variables)
}

fn prepare(mut command: Command, store: &Store, variables: &BTreeMap<String, String>) -> Command {
    command.env_clear().current_dir(store.working_dir());
    for inherited in ["PATH", "HOME"] {
        if let Some(value) = std::env::var_os(inherited) {
            command.env(inherited, value);
        }
    }
    command.envs(store.variables()).envs(variables);
    command
}

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    store: &'a Store,
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    input: String,
    unprivileged: bool,
}

impl<'a> Program<'a> {
    /// The program with these arguments, on this store.
    pub(crate) fn new(store: &'a Store, arguments: &[&str]) -> Self {
        let mut variables = BTreeMap::new();
        for (name, value) in [("BCRYPT_COST", "4"), ("LOG_FORMAT", "text"), ("RUST_LOG", "warn")] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        Self {
            store,
            arguments: arguments.iter().copied().map(str::to_owned).collect(),
            variables,
            input: String::new(),
            unprivileged: false,
        }
    }

    /// Runs it as another user if the tests run as the superuser, who may write to every file.
    pub(crate) fn unprivileged(self) -> Self {
        Self { unprivileged: true, ..self }
    }

    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn input(mut self, input: &str) -> Self {
        input.clone_into(&mut self.input);
        self
    }

    fn is_superuser(&self) -> bool {
        std::fs::metadata(self.store.working_dir()).expect("the directory").uid() == 0
    }

    /// The program at a path that every user can reach, as the build's directory need not be.
    fn public_binary(&self) -> PathBuf {
        let link = self.store.working_dir().join("oms");
        if !link.exists() && std::fs::hard_link(binary(), &link).is_err() {
            std::fs::copy(binary(), &link).expect("a copy of the program");
        }
        link
    }

    pub(crate) fn run(self) -> ProgramOutput {
        let mut command = command(self.store, &self.variables);
        if self.unprivileged && self.is_superuser() {
            command = prepare(Command::new(self.public_binary()), self.store, &self.variables);
            command.uid(UNPRIVILEGED_ID).gid(UNPRIVILEGED_ID);
        }
        let mut child = command
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("its standard input");
        // A program that does not read its input may have ended already.
        let _ = stdin.write_all(self.input.as_bytes());
        drop(stdin);
        let _watch = kill_after_deadline(child.id());
        let output = child.wait_with_output().expect("the program ends");
        ProgramOutput {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            command_line: format!("oms {}", self.arguments.join(" ")),
        }
    }
}

/// Kills a process that still runs at the deadline, unless the returned sender is dropped before.
fn kill_after_deadline(pid: u32) -> mpsc::Sender<()> {
    let (watch, dropped) = mpsc::channel();
    thread::spawn(move || {
        if dropped.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
            // The process may have ended already.
            let _ = Command::new("kill").arg("-KILL").arg(pid.to_string()).status();
        }
    });
    watch
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct ProgramOutput {
    /// The exit code; absent if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    command_line: String,
}

impl ProgramOutput {
    /// Asserts exit code 0.
    #[track_caller]
    pub(crate) fn assert_success(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// Asserts this exit code and one line on standard error, which it returns.
    #[track_caller]
    pub(crate) fn assert_failure(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self}");
        let lines: Vec<_> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        let [line] = lines.as_slice() else {
            panic!("not one line on standard error: {self}");
        };
        assert!(line.starts_with("oms: "), "{self}");
        line
    }
}

impl std::fmt::Display for ProgramOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr, command_line } = self;
        write!(f, "`{command_line}` → {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}
