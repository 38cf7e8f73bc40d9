//! The PostgreSQL server of a run, with full durability: the server under test and the baselines
//! commit to the same disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{
    cli::Environment,
    error::BenchError,
    process::{Process, command, free_port, run},
};

/// Settings besides the defaults. Checkpoints are rare, so that no measurement pays for one that
/// another has caused. All of them are suitable for production.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 1GB
dynamic_shared_memory_type = mmap
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = off
max_wal_size = 8GB
checkpoint_timeout = 30min
";

/// A running server.
#[derive(Debug)]
pub(crate) struct Postgres {
    process: Process,
    port: u16,
    bin: PathBuf,
}

impl Postgres {
    /// Initializes a server in a new directory.
    pub(crate) async fn create(environment: &Environment, data: &Path) -> Result<(), BenchError> {
        let path = || data.display().to_string();
        fs::create_dir_all(data).map_err(BenchError::io(path()))?;
        if let Some(user) = &environment.postgres_user {
            let mut chown = command(Path::new("chown"));
            chown.arg(user).arg(data);
            run(chown).await?;
        }
        let mut initdb = as_postgres(environment, &environment.postgres_bin.join("initdb"));
        initdb.current_dir("/").arg("-D").arg(data);
        initdb.args(["-U", "postgres", "-A", "trust", "--locale=C", "--encoding=UTF8"]);
        run(initdb).await?;
        let file = data.join("postgresql.conf");
        let defaults = fs::read_to_string(&file).map_err(BenchError::io(path()))?;
        fs::write(&file, format!("{defaults}\n{SETTINGS}")).map_err(BenchError::io(path()))
    }

    /// Starts the server in a directory that [`Postgres::create`] has initialized. It ends when the
    /// value is dropped.
    pub(crate) async fn start(
        environment: &Environment,
        data: &Path,
        log: &Path,
    ) -> Result<Self, BenchError> {
        Self::start_with(environment, data, log, &[]).await
    }

    /// Starts the server with settings (`name=value`) that override those of its directory.
    pub(crate) async fn start_with(
        environment: &Environment,
        data: &Path,
        log: &Path,
        settings: &[&str],
    ) -> Result<Self, BenchError> {
        let port = free_port()?;
        let mut postgres = as_postgres(environment, &environment.postgres_bin.join("postgres"));
        postgres.current_dir("/").arg("-D").arg(data).arg("-p").arg(port.to_string());
        // Names the run directory, by which the cleanup finds processes that were left behind.
        postgres.arg("-c").arg(format!("log_line_prefix=%m {} ", log.display()));
        for setting in settings {
            postgres.arg("-c").arg(setting);
        }
        let mut process = Process::start(postgres, log)?;
        process
            .wait_for_output(|output| {
                output.contains("database system is ready to accept connections").then_some(())
            })
            .await?;
        Ok(Self { process, port, bin: environment.postgres_bin.clone() })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The path of a program that comes with PostgreSQL.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    pub(crate) async fn stop(self) -> Result<(), BenchError> {
        self.process.stop("INT").await
    }
}

/// Syncs a server's directory to disk, for a server that was filled with `fsync=off`.
pub(crate) async fn sync(environment: &Environment, data: &Path) -> Result<(), BenchError> {
    let mut initdb = as_postgres(environment, &environment.postgres_bin.join("initdb"));
    initdb.current_dir("/").arg("--sync-only").arg("-D").arg(data);
    run(initdb).await.map(|_output| ())
}

/// A command that runs a PostgreSQL program as its user, since it refuses to run as root.
fn as_postgres(environment: &Environment, program: &Path) -> Command {
    let mut words = environment.as_postgres.split_whitespace();
    match words.next() {
        None => command(program),
        Some(first) => {
            let mut other = command(Path::new(first));
            other.args(words).arg(program);
            other
        }
    }
}
