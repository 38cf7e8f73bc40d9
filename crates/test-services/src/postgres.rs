//! A PostgreSQL server of a test's own.

use std::{
    env, fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::{eventually, free_port, process, provided};

/// The password of the server's superuser.
pub const PASSWORD: &str = "a p@ssword/of the test";
/// The same, as a URL writes it.
pub const PASSWORD_IN_URL: &str = "a%20p%40ssword%2Fof%20the%20test";

/// What differs from the defaults. A crash of the machine would lose data; none of a program does.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n\
     full_page_writes = off\ndynamic_shared_memory_type = mmap\nshared_buffers = 32MB\n\
     max_connections = 100\n";

/// A PostgreSQL server on a port of its own, which it keeps, as it does its data, however often it is ended and
/// started again.
#[derive(Debug)]
pub struct Postgres {
    child: Option<Child>,
    port: u16,
    directory: TempDir,
}

impl Postgres {
    /// Makes one with these further lines in its configuration, and returns when it answers.
    pub async fn start(settings: &[String]) -> Self {
        let directory = directory();
        let (data, password) = (directory.path().join("data"), directory.path().join("password"));
        fs::create_dir(&data).unwrap();
        belongs_to_server(&data);
        fs::write(&password, PASSWORD).unwrap();
        let made = program("initdb", &data)
            .args(["-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--locale=C"])
            .args(["--encoding=UTF8", "--pwfile"])
            .arg(&password)
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let configuration = data.join("postgresql.conf");
        let defaults = fs::read_to_string(&configuration).unwrap();
        let settings = settings.join("\n");
        fs::write(&configuration, format!("{defaults}\n{SETTINGS}{settings}\n")).unwrap();
        let mut server = Self { child: None, port: free_port(), directory };
        server.start_again().await;
        server
    }

    /// Where it is.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of its first database, as its superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of a database on it, as its superuser.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD_IN_URL}@{}/{database}", self.address())
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Starts it after an end, on the same port and data, and returns when it answers.
    pub async fn start_again(&mut self) {
        let path = self.directory.path().join("log");
        let log = fs::File::options().create(true).append(true).open(path).unwrap();
        let (url, port) = (self.url(), self.port.to_string());
        eventually("PostgreSQL answers", async || {
            // What a killed one has left keeps the next from starting until the system has cleared it away.
            let ended = |child: &mut Child| child.try_wait().expect("its status").is_some();
            if self.child.as_mut().is_none_or(ended) {
                let starting = program("postgres", &self.data())
                    .args(["-p", &port])
                    .stdin(Stdio::null())
                    .stdout(log.try_clone().unwrap())
                    .stderr(log.try_clone().unwrap())
                    .spawn();
                self.child = Some(starting.expect("postgres"));
            }
            tokio_postgres::connect(&url, NoTls).await.is_ok()
        })
        .await;
    }

    /// Ends it as `pg_ctl stop` does: whoever is connected is cut off.
    pub fn stop(&mut self) {
        process::end(self.child.take().expect("a running server"), "INT");
    }

    /// Ends it as `pg_ctl stop -m immediate` does: no session is finished, the next start recovers from the log.
    pub fn stop_at_once(&mut self) {
        process::end(self.child.take().expect("a running server"), "QUIT");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            process::end(child, "QUIT");
        }
    }
}

/// A directory for a server's files, which the user that servers run as gets through.
pub fn directory() -> TempDir {
    let directory = TempDir::with_prefix("oms-server-").expect("a temporary directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711)).unwrap();
    directory
}

/// Gives a file to the user that servers run as.
pub fn belongs_to_server(path: &Path) {
    if let Some((user, group)) = other_user() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// Lets a command run as the user that servers run as: they refuse to run as root.
pub fn as_server(command: &mut Command) -> &mut Command {
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/")
}

/// One of PostgreSQL's programs, about this data directory.
fn program(name: &str, data: &Path) -> Command {
    let mut command = Command::new(Path::new(&provided("OMS_TEST_POSTGRES_BIN")).join(name));
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("PG") {
            command.env_remove(variable);
        }
    }
    as_server(&mut command).arg("-D").arg(data).current_dir(data);
    command
}

/// Whom to run servers as, if not as ourselves: user and group.
fn other_user() -> Option<(u32, u32)> {
    let name = env::var("OMS_TEST_POSTGRES_USER").ok().filter(|name| !name.is_empty())?;
    let number = |which: &str| {
        let output = Command::new("id").args([which, &name]).output().expect("the id command");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse().unwrap_or_else(|_| panic!("no user {name}"))
    };
    Some((number("-u"), number("-g")))
}
