//! A PostgreSQL server of a test's own, to be stopped, changed and locked as the test likes.

use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::BuildHasher as _,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// The password of the server's superuser.
pub(crate) const PASSWORD: &str = "a p@ssword/of the test";
/// The same, as a URL writes it.
pub(crate) const PASSWORD_IN_URL: &str = "a%20p%40ssword%2Fof%20the%20test";

/// A running server, stopped and removed at the end.
pub(crate) struct Server {
    directory: TempDir,
    port: u16,
}

impl Server {
    /// Starts one, with these further lines in its configuration.
    pub(crate) fn start(settings: &[String]) -> Self {
        let directory = directory();
        let data = directory.path().join("data");
        let password = directory.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        belongs_to_server(&password);
        let made = program("initdb")
            .args(["--username=postgres", "--auth=scram-sha-256", "--no-sync", "--no-locale"])
            .args(["--encoding=UTF8", "--pgdata"])
            .arg(&data)
            .arg("--pwfile")
            .arg(&password)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Self { port: free_port(), directory };
        let mut configuration = format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n\
             dynamic_shared_memory_type = mmap\nmax_connections = 40\n",
            server.port
        );
        configuration.push_str(&settings.join("\n"));
        fs::write(data.join("conf.d.conf"), configuration).unwrap();
        belongs_to_server(&data.join("conf.d.conf"));
        let main = data.join("postgresql.conf");
        let with_ours = fs::read_to_string(&main).unwrap() + "\ninclude 'conf.d.conf'\n";
        fs::write(&main, with_ours).unwrap();
        server.up();
        server
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of a database on it.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD_IN_URL}@{}/{database}", self.address())
    }

    /// Lets it run, and waits until it answers.
    pub(crate) fn up(&self) {
        let log = self.directory.path().join("data/log");
        let started = self.control(&["start", "--wait", "--silent", "--log"]).arg(log).status();
        assert!(started.unwrap().success(), "the server does not start");
    }

    /// Stops it: whoever is connected is cut off.
    pub(crate) fn down(&self) {
        let stopped = self.control(&["stop", "--wait", "--silent", "--mode=fast"]).status();
        assert!(stopped.unwrap().success(), "the server does not stop");
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut control = program("pg_ctl");
        control.args(["--pgdata".as_ref(), self.directory.path().join("data").as_os_str()]);
        // The server keeps what it inherits; a test that has ended must not seem to speak through it.
        control.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        control
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be down already.
        drop(self.control(&["stop", "--silent", "--mode=immediate"]).status());
    }
}

/// A directory for a server's files.
pub(crate) fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    belongs_to_server(directory.path());
    directory
}

/// Gives a file to the user that servers run as.
pub(crate) fn belongs_to_server(path: &Path) {
    if let Some(user) = user() {
        chown(path, Some(user), Some(user)).unwrap();
    }
}

/// Lets a command run as the user that servers run as: they refuse to run as root.
pub(crate) fn as_server(command: &mut Command) -> &mut Command {
    if let Some(user) = user() {
        command.uid(user);
    }
    command.current_dir("/")
}

/// A port that is free now, below those that systems hand out for outgoing connections: it stays free while a
/// server is down.
pub(crate) fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one("a port") % 12_000;
        let port = 20_000 + u16::try_from(random).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn program(name: &str) -> Command {
    let programs = env::var_os("OMS_TEST_POSTGRES_BIN").expect(
        "this test starts a PostgreSQL server of its own: set OMS_TEST_POSTGRES_BIN to the directory of \
         initdb and pg_ctl, or run `tests/with-services <command>`, which finds them",
    );
    let mut command = Command::new(PathBuf::from(programs).join(name));
    as_server(&mut command);
    command
}

/// The number of the user in `OMS_TEST_POSTGRES_USER`, which is set where tests run as root.
fn user() -> Option<u32> {
    let name = env::var("OMS_TEST_POSTGRES_USER").ok()?;
    let number = Command::new("id").args(["-u", &name]).output().unwrap();
    Some(String::from_utf8(number.stdout).unwrap().trim().parse().unwrap())
}
