//! A `PgBouncer` in transaction mode, with two server connections for all clients.

use std::{
    env, fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use test_services::{chown_to_server_user, free_port, run_as_server_user, server_directory};
use tokio::net::TcpStream;

use crate::fixture::{Database, server_url};

/// A running `PgBouncer`, stopped on drop.
pub(crate) struct PgBouncer {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl PgBouncer {
    /// Starts one in front of the shared test server.
    pub(crate) async fn start() -> Self {
        let directory = server_directory();
        let port = free_port();
        let url = server_url();
        let (_scheme, rest) = url.split_once("://").unwrap();
        let (authority, _database) = rest.split_once('/').unwrap();
        let (user, server) = authority.rsplit_once('@').unwrap();
        let (host, server_port) = server.rsplit_once(':').unwrap();
        let user = match user.split_once(':') {
            Some((user, password)) => format!("{user} password='{password}'"),
            None => user.to_owned(),
        };
        let configuration = format!(
            "[databases]\n* = host={host} port={server_port} user={user}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 100\n"
        );
        let file = directory.path().join("pgbouncer.ini");
        fs::write(&file, configuration).unwrap();
        chown_to_server_user(&file);
        let program = env::var_os("OMS_TEST_PGBOUNCER").unwrap_or_else(|| "pgbouncer".into());
        let mut command = Command::new(program);
        let process = run_as_server_user(&mut command)
            .arg("--quiet")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "this test needs the program pgbouncer: install the package `pgbouncer`, or name the \
                 program in OMS_TEST_PGBOUNCER, or run `tests/with-services <command>`",
            );
        let mut started = Self { process, port, _directory: directory };
        started.wait_until_listening().await;
        started
    }

    /// The URL of a database through it.
    pub(crate) fn url(&self, database: &Database) -> String {
        let name = &database.name;
        format!("postgres://user@127.0.0.1:{}/{name}?pgbouncer=true", self.port)
    }

    async fn wait_until_listening(&mut self) {
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "pgbouncer does not start: {ended:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
