//! A PostgreSQL server of this run's own, durable in every respect: subject and yardstick commit to the same disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::{
    cli::Tools,
    failure::Failure,
    process::{Running, command, free_port, run},
};

/// What the server is told beyond its defaults. Room enough that no measurement of seconds pays for a checkpoint that
/// another one has caused; nothing that a shop could not run with.
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

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Postgres {
    running: Running,
    port: u16,
    bin: PathBuf,
}

impl Postgres {
    /// Makes an empty server in a directory that is not there yet.
    pub(crate) async fn create(tools: &Tools, data: &Path) -> Result<(), Failure> {
        let shown = || data.display().to_string();
        fs::create_dir_all(data).map_err(Failure::io(shown()))?;
        if let Some(user) = &tools.postgres_user {
            let mut chown = command(Path::new("chown"));
            chown.arg(user).arg(data);
            run(chown).await?;
        }
        let mut initdb = as_postgres(tools, &tools.postgres_bin.join("initdb"));
        initdb.current_dir("/").arg("-D").arg(data);
        initdb.args(["-U", "postgres", "-A", "trust", "--locale=C", "--encoding=UTF8"]);
        run(initdb).await?;
        let file = data.join("postgresql.conf");
        let defaults = fs::read_to_string(&file).map_err(Failure::io(shown()))?;
        fs::write(&file, format!("{defaults}\n{SETTINGS}")).map_err(Failure::io(shown()))
    }

    /// Starts the server in a directory that [`Postgres::create`] has made. It ends when this is dropped.
    pub(crate) async fn start(tools: &Tools, data: &Path, log: &Path) -> Result<Self, Failure> {
        Self::start_with(tools, data, log, &[]).await
    }

    /// The same with settings, `name=value`, that win over those of its directory.
    pub(crate) async fn start_with(
        tools: &Tools,
        data: &Path,
        log: &Path,
        settings: &[&str],
    ) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut postgres = as_postgres(tools, &tools.postgres_bin.join("postgres"));
        postgres.current_dir("/").arg("-D").arg(data).arg("-p").arg(port.to_string());
        // Names the directory of the run, so that whoever clears up after it knows the process by its command line.
        postgres.arg("-c").arg(format!("log_line_prefix=%m {} ", log.display()));
        for setting in settings {
            postgres.arg("-c").arg(setting);
        }
        let mut running = Running::start(postgres, log)?;
        running
            .says(|said| {
                said.contains("database system is ready to accept connections").then_some(())
            })
            .await?;
        Ok(Self { running, port, bin: tools.postgres_bin.clone() })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// One of the programs that come with it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.running.stop("INT").await
    }
}

/// Writes a server's directory to disk: for one that was filled without waiting for that.
pub(crate) async fn sync(tools: &Tools, data: &Path) -> Result<(), Failure> {
    let mut initdb = as_postgres(tools, &tools.postgres_bin.join("initdb"));
    initdb.current_dir("/").arg("--sync-only").arg("-D").arg(data);
    run(initdb).await.map(|_said| ())
}

/// A program of PostgreSQL's, as the user who may run it: it refuses to run as root.
fn as_postgres(tools: &Tools, program: &Path) -> Command {
    let mut words = tools.as_postgres.split_whitespace();
    match words.next() {
        None => command(program),
        Some(first) => {
            let mut other = command(Path::new(first));
            other.args(words).arg(program);
            other
        }
    }
}
