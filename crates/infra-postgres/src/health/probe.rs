//! Whether the database is there, and as this program needs it.
//!
//! A look has a connection of its own, beside the pool's: a program that has much to do is ready all the same.
//! Where even that gets no answer in time, since a pooler in front has all its connections lent out or the server
//! takes no more, it counts that requests were answered a moment ago.

use std::{sync::Arc, time::Duration};

use diesel::{sql_query, sql_types::Text};
use domain::health::Condition;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    connect::{ConnectError, Connector},
    connection::Connection,
    database::DbOperation as _,
    error::{TxError, Unavailable, DbError},
    last_success::LastSuccess,
    migrate::CompareSchema,
    pool,
};

/// How long the connection of the last look may take, before a fresh one is tried.
const REUSED_CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);
/// How long making a fresh connection and looking may take. The port allows three seconds in all.
const NEW_CONNECTION_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Takes a look at the database.
pub(crate) struct Probe {
    connector: Connector,
    state: Mutex<ProbeState>,
}

/// What the last look has left.
#[derive(Default)]
struct ProbeState {
    connection: Option<Connection>,
    /// What it saw, if it saw anything.
    last_condition: Option<Condition>,
}

impl Probe {
    /// Where that leads. Connects only when it first looks.
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, state: Mutex::default() }
    }

    /// Closes the connection of the last look.
    pub(crate) async fn close(&self) {
        self.state.lock().await.connection = None;
    }

    /// How the database is, where this is when requests were answered last.
    pub(crate) async fn check(&self, last_success: &LastSuccess) -> Condition {
        let mut state = self.state.lock().await;
        match self.run(&mut state).await {
            Ok(condition) => {
                state.last_condition = Some(condition.clone());
                condition
            }
            Err(failure) if may_be_overload(&failure) && last_success.is_recent() => {
                let note = "requests are answered, but there was no connection to look closer";
                let last_condition = state.last_condition.clone().filter(|last_condition| !last_condition.is_up());
                last_condition.unwrap_or_else(|| Condition::Up { note: Some(note.to_owned()) })
            }
            Err(failure) => Condition::Down(Arc::new(failure)),
        }
    }

    /// Looks through the connection of the last time, or else through a fresh one: an idle one may have died
    /// without a word.
    async fn run(&self, state: &mut ProbeState) -> Result<Condition, DbError> {
        if let Some(connection) = state.connection.take()
            && let Ok(condition) = check_through(state, connection, REUSED_CONNECTION_TIMEOUT).await
            // Another host may be the primary by now.
            && condition.is_up()
        {
            return Ok(condition);
        }
        let connecting = async {
            let connection = self.connector.connect().await?;
            check_through(state, connection, NEW_CONNECTION_TIMEOUT).await
        };
        timeout(NEW_CONNECTION_TIMEOUT, connecting).await.unwrap_or_else(|_late| Err(Unavailable::TimedOut.into()))
    }
}

/// Whether a look failed in a way that may concern it alone: it got no turn.
fn may_be_overload(failure: &DbError) -> bool {
    matches!(failure, DbError::Unavailable(_) | DbError::Connect(ConnectError::Refused(_)))
}

/// Looks through that connection, and keeps it if it answered.
async fn check_through(
    state: &mut ProbeState,
    connection: Connection,
    limit: Duration,
) -> Result<Condition, DbError> {
    connection.reset();
    match timeout(limit, condition(&connection)).await {
        Ok(Ok(condition)) => {
            state.connection = Some(connection);
            Ok(condition)
        }
        Ok(Err(failure)) => Err(failure),
        Err(_late) => {
            pool::cancel_and_close(connection);
            Err(Unavailable::TimedOut.into())
        }
    }
}

/// What the server says about itself and the schema. Each statement stands for itself, so that a pooler may send
/// them anywhere.
async fn condition(mut connection: &Connection) -> Result<Condition, DbError> {
    let rows: Vec<WritabilityRow> =
        diesel_async::RunQueryDsl::load(sql_query(READ_ONLY), &mut connection).await?;
    if let Some(problem) = rows.iter().find_map(|row| write_problem(&row.read_only)) {
        return Ok(Condition::Unfit { problem: problem.to_owned() });
    }
    match CompareSchema.run(connection).await {
        Ok(state) => Ok(state.condition()),
        Err(TxError::Failed(failure)) => Err(failure),
        Err(TxError::Refused(_)) => Err(DbError::Impossible("a look that was refused")),
    }
}

/// Whether a transaction could write: it is the server that decides, and its operators.
const READ_ONLY: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 'recovery' \
                         ELSE current_setting('transaction_read_only') END AS read_only";

#[derive(diesel::QueryableByName)]
struct WritabilityRow {
    #[diesel(sql_type = Text)]
    read_only: String,
}

/// Why the database cannot be written, if it cannot.
fn write_problem(read_only: &str) -> Option<&'static str> {
    match read_only {
        "recovery" => Some("the server is a copy, or recovering, and takes no writes"),
        "on" => Some("the server takes no writes: transactions are read-only"),
        _ => None,
    }
}
