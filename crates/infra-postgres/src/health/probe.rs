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
    database::Work as _,
    error::{Abort, Away, Failure},
    last_success::LastSuccess,
    migrate::CompareSchema,
    pool,
};

/// How long the connection of the last look may take, before a fresh one is tried.
const KEPT: Duration = Duration::from_secs(1);
/// How long making a fresh connection and looking may take. The port allows three seconds in all.
const FRESH: Duration = Duration::from_millis(1_500);

/// Takes a look at the database.
pub(crate) struct Probe {
    connector: Connector,
    kept: Mutex<Kept>,
}

/// What the last look has left.
#[derive(Default)]
struct Kept {
    connection: Option<Connection>,
    /// What it saw, if it saw anything.
    seen: Option<Condition>,
}

impl Probe {
    /// Where that leads. Connects only when it first looks.
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, kept: Mutex::default() }
    }

    /// Closes the connection of the last look.
    pub(crate) async fn close(&self) {
        self.kept.lock().await.connection = None;
    }

    /// How the database is, where this is when requests were answered last.
    pub(crate) async fn look(&self, last_success: &LastSuccess) -> Condition {
        let mut kept = self.kept.lock().await;
        match self.find_out(&mut kept).await {
            Ok(condition) => {
                kept.seen = Some(condition.clone());
                condition
            }
            Err(failure) if is_no_turn(&failure) && last_success.is_recent() => {
                let note = "requests are answered, but there was no connection to look closer";
                let seen = kept.seen.clone().filter(|seen| !seen.is_up());
                seen.unwrap_or_else(|| Condition::Up { note: Some(note.to_owned()) })
            }
            Err(failure) => Condition::Down(Arc::new(failure)),
        }
    }

    /// Looks through the connection of the last time, or else through a fresh one: an idle one may have died
    /// without a word.
    async fn find_out(&self, kept: &mut Kept) -> Result<Condition, Failure> {
        if let Some(connection) = kept.connection.take()
            && let Ok(condition) = on(kept, connection, KEPT).await
            // Another host may be the primary by now.
            && condition.is_up()
        {
            return Ok(condition);
        }
        let connecting = async {
            let connection = self.connector.connect().await?;
            on(kept, connection, FRESH).await
        };
        timeout(FRESH, connecting).await.unwrap_or_else(|_late| Err(Away::Silent.into()))
    }
}

/// Whether a look failed in a way that may concern it alone: it got no turn.
fn is_no_turn(failure: &Failure) -> bool {
    matches!(failure, Failure::Away(_) | Failure::Connect(ConnectError::Refused(_)))
}

/// Looks through that connection, and keeps it if it answered.
async fn on(
    kept: &mut Kept,
    connection: Connection,
    patience: Duration,
) -> Result<Condition, Failure> {
    connection.forget_failures();
    match timeout(patience, condition(&connection)).await {
        Ok(Ok(condition)) => {
            kept.connection = Some(connection);
            Ok(condition)
        }
        Ok(Err(failure)) => Err(failure),
        Err(_late) => {
            pool::break_off(connection);
            Err(Away::Silent.into())
        }
    }
}

/// What the server says about itself and the schema. Each statement stands for itself, so that a pooler may send
/// them anywhere.
async fn condition(mut connection: &Connection) -> Result<Condition, Failure> {
    let said: Vec<Said> =
        diesel_async::RunQueryDsl::load(sql_query(READ_ONLY), &mut connection).await?;
    if let Some(problem) = said.iter().find_map(|said| unwritable(&said.word)) {
        return Ok(Condition::Unfit { problem: problem.to_owned() });
    }
    match CompareSchema.run(connection).await {
        Ok(state) => Ok(state.condition()),
        Err(Abort::Failed(failure)) => Err(failure),
        Err(Abort::Refused(_)) => Err(Failure::Impossible("a look that was refused")),
    }
}

/// Whether a transaction could write: it is the server that decides, and its operators.
const READ_ONLY: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 'recovery' \
                         ELSE current_setting('transaction_read_only') END AS word";

#[derive(diesel::QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    word: String,
}

/// Why the database cannot be written, if it cannot.
fn unwritable(word: &str) -> Option<&'static str> {
    match word {
        "recovery" => Some("the server is a copy, or recovering, and takes no writes"),
        "on" => Some("the server takes no writes: transactions are read-only"),
        _ => None,
    }
}
