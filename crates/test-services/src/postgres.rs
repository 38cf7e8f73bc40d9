//! A PostgreSQL server for one test.

use std::{
    env, fs,
    io::Write as _,
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
/// The same password, percent-encoded for a URL.
pub const PASSWORD_IN_URL: &str = "a%20p%40ssword%2Fof%20the%20test";

/// Settings that differ from the defaults. Without fsync, data survives crashes of the server, but
/// not of the machine.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n\
     full_page_writes = off\ndynamic_shared_memory_type = mmap\nshared_buffers = 32MB\n\
     max_connections = 100\n";

/// A PostgreSQL server on a separate port, which keeps its port and its data across restarts.
#[derive(Debug)]
pub struct Postgres {
    child: Option<Child>,
    port: u16,
    directory: TempDir,
}

impl Postgres {
    /// Creates and starts a server with additional configuration lines, and returns when it
    /// answers.
    pub async fn start(settings: &[String]) -> Self {
        let directory = server_directory();
        let (data, password) = (directory.path().join("data"), directory.path().join("password"));
        fs::create_dir(&data).unwrap();
        chown_to_server_user(&data);
        fs::write(&password, PASSWORD).unwrap();
        let initialized = program("initdb", &data)
            .args(["-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--locale=C"])
            .args(["--encoding=UTF8", "--pwfile"])
            .arg(&password)
            .output()
            .expect("initdb");
        assert!(initialized.status.success(), "{}", String::from_utf8_lossy(&initialized.stderr));
        let configuration = data.join("postgresql.conf");
        let defaults = fs::read_to_string(&configuration).unwrap();
        let settings = settings.join("\n");
        fs::write(&configuration, format!("{defaults}\n{SETTINGS}{settings}\n")).unwrap();
        let mut server = Self { child: None, port: free_port(), directory };
        server.start_again().await;
        server
    }

    /// Makes a copy of this server that follows it by streaming replication, and starts it. This
    /// server is restarted for the copy.
    pub async fn add_standby(&mut self) -> Self {
        self.stop();
        let directory = server_directory();
        let copied = Command::new("cp").arg("-a").arg(self.data()).arg(directory.path()).status();
        assert!(copied.expect("cp").success());
        let mut standby = Self { child: None, port: free_port(), directory };
        let configuration = standby.data().join("postgresql.conf");
        let settings = fs::read_to_string(&configuration).unwrap();
        let primary = format!(
            "primary_conninfo = 'host=127.0.0.1 port={} user=postgres password=''{PASSWORD}'''\n",
            self.port
        );
        fs::write(&configuration, settings + &primary).unwrap();
        let signal = standby.data().join("standby.signal");
        fs::write(&signal, "").unwrap();
        chown_to_server_user(&signal);
        self.start_again().await;
        standby.start_again().await;
        standby
    }

    /// The address and port of the server.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of the database `postgres`, as the superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of a database, as the superuser.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD_IN_URL}@{}/{database}", self.address())
    }

    /// A dump of a database, by `pg_dump` in its custom format.
    pub fn dump(&self, database: &str) -> Vec<u8> {
        let mut dump = client_program("pg_dump");
        dump.args(["--format=custom", "--dbname", &self.url_of(database)]);
        let output = dump.output().expect("pg_dump");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Restores a [`dump`](Self::dump) into an empty database, by `pg_restore`.
    pub fn restore(&self, database: &str, dump: &[u8]) {
        let mut restore = client_program("pg_restore");
        restore.args(["--exit-on-error", "--dbname", &self.url_of(database)]);
        let mut restoring = restore.stdin(Stdio::piped()).spawn().expect("pg_restore");
        // Dropped at the end of the statement, which ends the program's input.
        restoring.stdin.take().expect("its input").write_all(dump).expect("it reads the dump");
        assert!(restoring.wait().expect("its status").success(), "pg_restore failed");
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Starts the server with the same port and data, and returns when it answers.
    pub async fn start_again(&mut self) {
        let path = self.directory.path().join("log");
        let log = fs::File::options().create(true).append(true).open(path).unwrap();
        let (url, port) = (self.url(), self.port.to_string());
        eventually("PostgreSQL answers", async || {
            // Shared memory of a killed server can prevent the start until the system has released
            // it.
            let has_ended = |child: &mut Child| child.try_wait().expect("its status").is_some();
            if self.child.as_mut().is_none_or(has_ended) {
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

    /// The directory of the server's data and its log.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Kills the server's first process (SIGKILL). Its sessions end when they notice.
    pub fn kill(&mut self) {
        process::end(self.child.take().expect("a running server"), "KILL");
    }

    /// Suspends the server with all its sessions: connections stay open, but nothing is answered.
    pub fn hang(&self) {
        let server = self.child.as_ref().expect("a running server");
        // First the process that starts the others, so that none is missed.
        process::signal(server, "STOP");
        for session in process::children(server.id()) {
            process::signal_id(session, "STOP");
        }
    }

    /// Resumes the server after [`hang`](Self::hang).
    pub fn resume(&self) {
        let server = self.child.as_ref().expect("a running server");
        for session in process::children(server.id()) {
            process::signal_id(session, "CONT");
        }
        process::signal(server, "CONT");
    }

    /// Stops the server as `pg_ctl stop` does: connected clients are disconnected.
    pub fn stop(&mut self) {
        process::end(self.child.take().expect("a running server"), "INT");
    }

    /// Stops the server as `pg_ctl stop -m immediate` does: sessions are aborted, and the next
    /// start recovers from the WAL.
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

/// A temporary directory for a server's files, which the servers' user can traverse.
pub fn server_directory() -> TempDir {
    let directory = TempDir::with_prefix("oms-server-").expect("a temporary directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711)).unwrap();
    directory
}

/// Makes the servers' user the owner of a file.
pub fn chown_to_server_user(path: &Path) {
    if let Some((user, group)) = other_user() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// Makes a command run as the servers' user, as PostgreSQL refuses to run as root.
pub fn run_as_server_user(command: &mut Command) -> &mut Command {
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/")
}

/// A command of one of the server's programs for this data directory.
fn program(name: &str, data: &Path) -> Command {
    let mut command = client_program(name);
    run_as_server_user(&mut command).arg("-D").arg(data).current_dir(data);
    command
}

/// A command of one of PostgreSQL's programs, to which no setting of the developer applies.
fn client_program(name: &str) -> Command {
    let mut command = Command::new(Path::new(&provided("OMS_TEST_POSTGRES_BIN")).join(name));
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("PG") {
            command.env_remove(variable);
        }
    }
    command
}

/// The user and group to run servers as, if different from the current user.
fn other_user() -> Option<(u32, u32)> {
    let name = env::var("OMS_TEST_POSTGRES_USER").ok().filter(|name| !name.is_empty())?;
    let number = |which: &str| {
        let output = Command::new("id").args([which, &name]).output().expect("the id command");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse().unwrap_or_else(|_| panic!("no user {name}"))
    };
    Some((number("-u"), number("-g")))
}
