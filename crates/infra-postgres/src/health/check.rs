//! The health check of the database: whether it answers, accepts writes, and has the schema of this
//! program.
//!
//! The check has its own connection outside the pool, so a busy pool does not make it fail. If this
//! connection gets no answer in time, because a pooler has no free connection or the server accepts
//! no more connections, a recent successful request counts as success.

use std::{sync::Arc, time::Duration};

use diesel::{sql_query, sql_types::Text};
use domain::health::DependencyStatus;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    connect::{ConnectError, Connector},
    connection::Connection,
    database::DbOperation as _,
    error::{DbError, TxError, Unavailable},
    last_success::LastSuccess,
    migrate::CompareSchema,
    pool,
};

/// How long a check on the existing connection may take, before a new one is made.
const REUSED_CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);
/// How long making a new connection and checking it may take. The port allows three seconds in all.
const NEW_CONNECTION_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Checks the database, one check at a time.
pub(crate) struct DatabaseCheck {
    connector: Connector,
    state: Mutex<CheckState>,
}

/// The state that is kept between two checks.
#[derive(Default)]
struct CheckState {
    connection: Option<Connection>,
    /// The result of the last check that got an answer.
    last_status: Option<DependencyStatus>,
}

impl DatabaseCheck {
    /// Does not connect before the first check.
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, state: Mutex::default() }
    }

    /// Closes the connection of the last check.
    pub(crate) async fn close(&self) {
        self.state.lock().await.connection = None;
    }

    /// Checks the database. `last_success` is when a request succeeded last.
    pub(crate) async fn check(&self, last_success: &LastSuccess) -> DependencyStatus {
        let mut state = self.state.lock().await;
        match self.run(&mut state).await {
            Ok(status) => {
                state.last_status = Some(status.clone());
                status
            }
            Err(error) if may_be_overload(&error) && last_success.is_recent() => {
                let note = "requests are answered, but the probe got no connection";
                let last_status = state.last_status.clone().filter(|status| !status.is_up());
                last_status.unwrap_or_else(|| DependencyStatus::Up { note: Some(note.to_owned()) })
            }
            Err(error) => DependencyStatus::Down(Arc::new(error)),
        }
    }

    /// Checks on the connection of the last check, or else on a new one: an idle connection may
    /// have died unnoticed.
    async fn run(&self, state: &mut CheckState) -> Result<DependencyStatus, DbError> {
        if let Some(connection) = state.connection.take()
            && let Ok(status) = check_through(state, connection, REUSED_CONNECTION_TIMEOUT).await
            // If it is not up, another host may be the primary by now.
            && status.is_up()
        {
            return Ok(status);
        }
        let check = async {
            let connection = self.connector.connect().await?;
            check_through(state, connection, NEW_CONNECTION_TIMEOUT).await
        };
        timeout(NEW_CONNECTION_TIMEOUT, check)
            .await
            .unwrap_or_else(|_elapsed| Err(Unavailable::TimedOut.into()))
    }
}

/// Whether the error may concern the check alone: it got no connection, or no answer in time.
fn may_be_overload(error: &DbError) -> bool {
    matches!(error, DbError::Unavailable(_) | DbError::Connect(ConnectError::Refused(_)))
}

/// Checks on this connection, and keeps it if it answered.
async fn check_through(
    state: &mut CheckState,
    connection: Connection,
    limit: Duration,
) -> Result<DependencyStatus, DbError> {
    connection.reset();
    match timeout(limit, status(&connection)).await {
        Ok(Ok(status)) => {
            state.connection = Some(connection);
            Ok(status)
        }
        Ok(Err(error)) => Err(error),
        Err(_elapsed) => {
            pool::cancel_and_close(connection);
            Err(Unavailable::TimedOut.into())
        }
    }
}

/// Checks the server and the schema. No statement depends on another, so a pooler may send each to
/// another connection.
async fn status(mut connection: &Connection) -> Result<DependencyStatus, DbError> {
    let rows: Vec<ReadOnlyRow> =
        diesel_async::RunQueryDsl::load(sql_query(READ_ONLY), &mut connection).await?;
    if let Some(problem) = rows.iter().find_map(|row| write_problem(&row.read_only)) {
        return Ok(DependencyStatus::Unusable { problem: problem.to_owned() });
    }
    match CompareSchema.run(connection).await {
        Ok(state) => Ok(state.condition()),
        Err(TxError::Failed(error)) => Err(error),
        Err(TxError::Refused(_)) => Err(DbError::Impossible("a refused schema comparison")),
    }
}

/// Whether a transaction may write, according to the server and its settings.
const READ_ONLY: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 'recovery' \
                         ELSE current_setting('transaction_read_only') END AS read_only";

#[derive(diesel::QueryableByName)]
struct ReadOnlyRow {
    #[diesel(sql_type = Text)]
    read_only: String,
}

/// Why the database cannot be written; `None` if it can.
fn write_problem(read_only: &str) -> Option<&'static str> {
    match read_only {
        "recovery" => Some("the server is a standby or in recovery, and accepts no writes"),
        "on" => Some("the server accepts no writes: transactions are read-only"),
        _ => None,
    }
}
