//! Looking at who is at work on a test's database, and waiting until that is as a test needs it.

use std::time::Duration;

use tokio_postgres::Client;

use crate::fixture::Database;

/// How long a test waits for the server before it fails.
const SERVER_TIMEOUT: Duration = Duration::from_mins(1);

impl Database {
    /// Ends every connection to it but the operator's, as a restart or an administrator does.
    pub(crate) async fn terminate_other_connections(&self, operator: &Client) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        operator.execute(end, &[]).await.unwrap();
    }

    /// Ends the connections on which somebody waits for a lock, and returns when they are gone.
    pub(crate) async fn terminate_lock_waiters(&self, witness: &Client) {
        let end = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        witness.execute(end, &[]).await.unwrap();
    }

    /// Returns when somebody waits for a lock.
    pub(crate) async fn until_a_lock_wait(&self, witness: &Client) {
        self.until_lock_waits(witness, 1).await;
    }

    /// Returns when at least so many wait for a lock.
    pub(crate) async fn until_lock_waits(&self, witness: &Client, count: i64) {
        until(witness, "wait_event_type = 'Lock'", &format!("count(*) >= {count}")).await;
    }

    /// Returns when nobody waits for a lock.
    pub(crate) async fn until_no_lock_wait(&self, witness: &Client) {
        until(witness, "wait_event_type = 'Lock'", "count(*) = 0").await;
    }

    /// Returns when nobody else is connected.
    pub(crate) async fn until_no_other_connection(&self, operator: &Client) {
        until(operator, "pid <> pg_backend_pid()", "count(*) = 0").await;
    }
}

/// Returns when it is so about the connections of which that is so.
async fn until(client: &Client, of: &str, so: &str) {
    let question =
        format!("SELECT {so} FROM pg_stat_activity WHERE datname = current_database() AND {of}");
    let asking = async {
        while !client.query_one(&question, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SERVER_TIMEOUT, asking).await.expect("the server does not get there");
}
