//! The lock that a migrating process holds: one migrates at a time.
//!
//! A process that waits for it polls, since a statement that waits has a snapshot, and an index that
//! is built concurrently waits for all transactions that have an older one. Each attempt is a
//! transaction of its own: a build that finds the snapshot of an attempt waits for the whole
//! transaction, which would wait for the lock of the build.

use std::{thread, time::Duration};

use diesel::{connection::SimpleConnection as _, prelude::*, sql_query, sql_types::Bool};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::MigrateError;
use crate::{backfill::BlockingConnection, connect::Connector};

/// Takes the lock until the transaction ends, if it is free. The number is arbitrary, but every
/// version must use the same.
pub(super) const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock(7305204671220118902) AS taken";

/// How often the lock is asked for.
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A transaction that holds the lock must have no snapshot between its statements, and may be idle.
const SET_UP: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCAL idle_in_transaction_session_timeout = 0";

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Waits for the lock and takes it until the transaction, which has just begun, ends. `waiting` is
/// called once if another process holds it.
pub(super) fn take(
    conn: &mut BlockingConnection,
    waiting: impl FnOnce(),
) -> Result<(), MigrateError> {
    conn.batch_execute(SET_UP)?;
    let mut waiting = Some(waiting);
    while !sql_query(TRY_LOCK).get_result::<Taken>(conn)?.taken {
        // The query builder still has its transaction: another one takes the place of the first.
        conn.batch_execute(&format!("ROLLBACK; BEGIN; {SET_UP}"))?;
        if let Some(waiting) = waiting.take() {
            waiting();
        }
        thread::sleep(LOCK_POLL_INTERVAL);
    }
    Ok(())
}

/// The lock on a connection of its own, for work that no transaction can do. The server releases
/// it when the connection ends, however it ends.
pub(super) struct MigrationLock {
    _transaction: Client,
}

impl MigrationLock {
    pub(super) async fn take(
        connector: &Connector,
        waiting: impl FnOnce(),
    ) -> Result<Self, MigrateError> {
        let client = connector.connect_simple(None).await?;
        client.batch_execute(&format!("BEGIN; {SET_UP}")).await?;
        let mut waiting = Some(waiting);
        while !is_taken(&client.simple_query(TRY_LOCK).await?) {
            client.batch_execute(&format!("ROLLBACK; BEGIN; {SET_UP}")).await?;
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            tokio::time::sleep(LOCK_POLL_INTERVAL).await;
        }
        Ok(Self { _transaction: client })
    }
}

fn is_taken(messages: &[SimpleQueryMessage]) -> bool {
    messages.iter().any(
        |message| matches!(message, SimpleQueryMessage::Row(row) if row.get("taken") == Some("t")),
    )
}
