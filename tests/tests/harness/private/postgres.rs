//! A PostgreSQL server of a test's own.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{end, end_at_last, free_port};
use crate::harness::{backend::provided, database::sql, eventually};

/// What differs from the defaults. A crash of the machine would lose data; none of a program does.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n\
     full_page_writes = off\ndynamic_shared_memory_type = mmap\nshared_buffers = 32MB\n";

/// A PostgreSQL server on a port of its own, which it keeps, as it does its data, however often it is ended
/// and started again.
#[derive(Debug)]
pub(crate) struct PrivatePostgres {
    child: Option<Child>,
    port: u16,
    directory: TempDir,
}

impl PrivatePostgres {
    /// Makes one, and returns when it answers.
    pub(crate) async fn start() -> Self {
        let directory = TempDir::with_prefix("oms-postgres-").expect("a temporary directory");
        // The user that the server runs as has to get through.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        if let Some((user, group)) = other_user() {
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let made = program("initdb", &data)
            .args(["-U", "postgres", "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8"])
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let configuration = data.join("postgresql.conf");
        let defaults = fs::read_to_string(&configuration).unwrap();
        fs::write(&configuration, format!("{defaults}\n{SETTINGS}")).unwrap();
        let mut server = Self { child: None, port: free_port(), directory };
        server.start_again().await;
        server
    }

    /// The URL of its first database, as its superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Starts it after an end, on the same port and data, and returns when it answers.
    pub(crate) async fn start_again(&mut self) {
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
            sql(&url, "SELECT 1").await.is_ok()
        })
        .await;
    }

    /// Ends it as `pg_ctl stop -m immediate` does: no session is finished, the next start recovers from the log.
    pub(crate) async fn stop_at_once(&mut self) {
        end(self.child.take().expect("a running server"), "QUIT").await;
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            end_at_last(child, "QUIT");
        }
    }
}

/// One of PostgreSQL's programs, about this data directory, as a user who is not root.
fn program(name: &str, data: &Path) -> Command {
    let mut command = Command::new(Path::new(&provided("OMS_TEST_POSTGRES_BIN")).join(name));
    command.arg("-D").arg(data).current_dir(data);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("PG") {
            command.env_remove(variable);
        }
    }
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command
}

/// Whom to run PostgreSQL as, if not as ourselves: user and group.
fn other_user() -> Option<(u32, u32)> {
    let name = std::env::var("OMS_TEST_POSTGRES_USER").ok().filter(|name| !name.is_empty())?;
    let number = |which: &str| {
        let output = Command::new("id").args([which, &name]).output().expect("the id command");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse().unwrap_or_else(|_| panic!("no user {name}"))
    };
    Some((number("-u"), number("-g")))
}
