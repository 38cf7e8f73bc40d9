//! Making a connection: to the first host that accepts it and has the wanted role.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::{runtime::Handle, task::JoinSet, time::timeout};
use tokio_postgres::{Client, Config, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    connection::{Connection, Prepare},
    url::{Target, UrlError},
};

/// How long the handshake with a host may take once it is reached.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why no connection could be made. No text quotes the password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No host could be reached, or none answered in time.
    #[error("no server answered: {0}")]
    Unreachable(String),
    /// The server was reached, but no encrypted connection with it could be made as the URL wants
    /// it.
    #[error("no encrypted connection could be made: {0}")]
    Encryption(String),
    /// The server does not know the user, or the password is wrong.
    #[error("the server refused the user name or the password: {0}")]
    Denied(String),
    /// The server has no such database.
    #[error("the server has no such database: {0}")]
    NoDatabase(String),
    /// The server answered, but refused the connection.
    #[error("the server refused the connection: {0}")]
    Refused(String),
}

/// Makes connections to a target.
pub(crate) struct Connector {
    target: Target,
    tls: MakeRustlsConnect,
    /// The index of the host that accepted last, which is tried first.
    last_host: AtomicUsize,
    /// The runtime of the connections: they live as long as the store, not as long as the first
    /// caller.
    runtime: Handle,
}

impl Connector {
    /// Does not connect yet. Connections run on the runtime that this is called on.
    pub(crate) fn new(target: Target) -> Result<Self, UrlError> {
        let tls = target.encryption.connector()?;
        Ok(Self { target, tls, last_host: AtomicUsize::new(0), runtime: Handle::current() })
    }

    /// A new connection, to the first host that accepts it.
    pub(crate) async fn connect(&self) -> Result<Connection, ConnectError> {
        self.connect_with(None).await
    }

    /// A new connection with these session options (`-c name=value …`), if no pooler is in between.
    /// A pooler in transaction mode has no sessions; it refuses options, or ignores them.
    pub(crate) async fn connect_with(
        &self,
        options: Option<&str>,
    ) -> Result<Connection, ConnectError> {
        let options = options.filter(|_| self.target.prepare == Prepare::Named);
        Ok(Connection::new(self.client(options).await?, self.tls.clone(), self.target.prepare))
    }

    /// A new connection for migrations. Behind an older `PgBouncer` it is inside a transaction
    /// already, as the driver prepares its first statements while the connection is made.
    pub(crate) async fn connect_to_migrate(&self) -> Result<AsyncPgConnection, ConnectError> {
        self.connect_blocking(None).await
    }

    /// A new connection for a migration that cannot run in a transaction, with these session
    /// options, if no pooler is in between.
    pub(crate) async fn connect_outside_transaction(
        &self,
        options: &str,
    ) -> Result<AsyncPgConnection, ConnectError> {
        let mut conn = self.connect_blocking(Some(options)).await?;
        if self.target.prepare == Prepare::Unnamed {
            let ended = conn.batch_execute("COMMIT").await;
            ended.map_err(|error| ConnectError::Refused(error.to_string()))?;
        }
        Ok(conn)
    }

    /// A new connection for statements as text, which work through every pooler, with these session
    /// options, if no pooler is in between.
    pub(crate) async fn connect_simple(
        &self,
        options: Option<&str>,
    ) -> Result<Client, ConnectError> {
        self.client(options.filter(|_| self.target.prepare == Prepare::Named)).await
    }

    async fn connect_blocking(
        &self,
        options: Option<&str>,
    ) -> Result<AsyncPgConnection, ConnectError> {
        let client = self.connect_simple(options).await?;
        if self.target.prepare == Prepare::Unnamed {
            // Another client may have prepared statements with the same names on this server
            // connection.
            let reset = client.batch_execute("BEGIN; DEALLOCATE ALL").await;
            reset.map_err(|error| connect_error(&error))?;
        }
        let conn = AsyncPgConnection::try_from(client).await;
        conn.map_err(|error| ConnectError::Refused(error.to_string()))
    }

    /// The runtime of the connections.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// How long [`Self::connect`] may take for all hosts.
    pub(crate) fn timeout(&self) -> Duration {
        self.target.hosts.iter().map(host_timeout).sum()
    }

    /// Whether a server answers within `limit`, probed over a new connection to each host at once.
    /// The next connections are made to the host that answers first.
    ///
    /// A refusal, such as that of a server without free connections, is an answer too, unless there
    /// are other hosts: then it may be that of a standby.
    pub(crate) async fn answers(&self, limit: Duration) -> bool {
        let hosts = self.target.hosts.iter().enumerate().map(|(index, host)| {
            let probe = async {
                self.connect_host(host, None)
                    .await?
                    .batch_execute("SELECT 1")
                    .await
                    .map_err(|error| connect_error(&error))
            };
            async move { (index, timeout(limit, probe).await) }
        });
        let mut probes: FuturesUnordered<_> = hosts.collect();
        while let Some((index, answer)) = probes.next().await {
            match answer {
                Ok(Ok(())) => {
                    self.last_host.store(index, Ordering::Relaxed);
                    return true;
                }
                Ok(Err(
                    ConnectError::Refused(_)
                    | ConnectError::Denied(_)
                    | ConnectError::NoDatabase(_),
                )) if self.target.hosts.len() == 1 => return true,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        false
    }

    async fn client(&self, options: Option<&str>) -> Result<Client, ConnectError> {
        let count = self.target.hosts.len();
        let first = self.last_host.load(Ordering::Relaxed);
        let mut error = ConnectError::Unreachable("there is no host".to_owned());
        for index in (0..count).map(|offset| (first + offset) % count.max(1)) {
            let Some(host) = self.target.hosts.get(index) else { continue };
            match timeout(host_timeout(host), self.connect_host(host, options)).await {
                Ok(Ok(client)) => {
                    self.last_host.store(index, Ordering::Relaxed);
                    return Ok(client);
                }
                Ok(Err(refused)) => error = more_informative(error, refused),
                Err(_elapsed) => {
                    let late = ConnectError::Unreachable("it took too long".to_owned());
                    error = more_informative(error, late);
                }
            }
        }
        Err(error)
    }

    /// Connects, and spawns a task that reads from the socket until either side closes.
    async fn connect_host(
        &self,
        host: &Config,
        options: Option<&str>,
    ) -> Result<Client, ConnectError> {
        let (host, tls) = (host.clone(), self.tls.clone());
        let with_options = options.map(|options| {
            let mut config = host.clone();
            config.options(format!("{} {options}", host.get_options().unwrap_or_default()));
            config
        });
        // Dropping this future aborts the attempt.
        let mut connecting = JoinSet::new();
        connecting.spawn_on(
            async move {
                let first = with_options.as_ref().unwrap_or(&host).connect(tls.clone()).await;
                let (client, connection) = match first {
                    // With this code PgBouncer refuses options.
                    Err(error) if error.code() == Some(&SqlState::PROTOCOL_VIOLATION) => {
                        host.connect(tls).await?
                    }
                    connected => connected?,
                };
                // Callers get the error from their pending statement; no one else needs it.
                tokio::spawn(async move { drop(connection.await) });
                Ok(client)
            },
            &self.runtime,
        );
        match connecting.join_next().await {
            Some(Ok(Ok(client))) => Ok(client),
            Some(Ok(Err(error))) => Err(connect_error(&error)),
            Some(Err(_)) | None => {
                Err(ConnectError::Unreachable("the program is stopping".to_owned()))
            }
        }
    }
}

fn host_timeout(host: &Config) -> Duration {
    host.get_connect_timeout().copied().unwrap_or_default() + HANDSHAKE_TIMEOUT
}

/// Returns the more informative of two errors: that of a server that answered.
fn more_informative(first: ConnectError, second: ConnectError) -> ConnectError {
    match (&first, &second) {
        (ConnectError::Unreachable(_), _) => second,
        (_, ConnectError::Unreachable(_)) => first,
        _ => second,
    }
}

fn connect_error(error: &tokio_postgres::Error) -> ConnectError {
    let cause = std::error::Error::source(error);
    let message = cause.map_or_else(|| error.to_string(), ToString::to_string);
    match error.code() {
        // The driver identifies these errors only by their text.
        None if error.to_string().starts_with("error performing TLS handshake") => {
            ConnectError::Encryption(message)
        }
        None => ConnectError::Unreachable(message),
        Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            ConnectError::Denied(message)
        }
        Some(&SqlState::INVALID_CATALOG_NAME) => ConnectError::NoDatabase(message),
        Some(_) => ConnectError::Refused(message),
    }
}
