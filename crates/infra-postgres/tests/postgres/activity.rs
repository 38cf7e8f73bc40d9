//! The sessions on the database of a test: terminating them, and waiting for states of them.

use std::time::Duration;

use tokio_postgres::Client;

use crate::fixture::Database;

/// How long a test waits for the server before it fails.
const SERVER_TIMEOUT: Duration = Duration::from_mins(1);

impl Database {
    /// Terminates every other connection, as a restart or an administrator does.
    pub(crate) async fn terminate_other_connections(&self, operator: &Client) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        operator.execute(end, &[]).await.unwrap();
    }

    /// Terminates the connections that wait for a lock, and returns when they are gone.
    pub(crate) async fn terminate_lock_waiters(&self, observer: &Client) {
        let end = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        observer.execute(end, &[]).await.unwrap();
    }

    /// Returns when a connection waits for a lock.
    pub(crate) async fn until_a_session_is_blocked(&self, observer: &Client) {
        self.until_sessions_are_blocked(observer, 1).await;
    }

    /// Returns when at least `count` connections wait for a lock.
    pub(crate) async fn until_sessions_are_blocked(&self, observer: &Client, count: i64) {
        until(observer, "wait_event_type = 'Lock'", &format!("count(*) >= {count}")).await;
    }

    /// Returns when no connection waits for a lock.
    pub(crate) async fn until_no_session_is_blocked(&self, observer: &Client) {
        until(observer, "wait_event_type = 'Lock'", "count(*) = 0").await;
    }

    /// Returns when there is no other connection.
    pub(crate) async fn until_no_other_connection(&self, operator: &Client) {
        until(operator, "pid <> pg_backend_pid()", "count(*) = 0").await;
    }
}

/// Returns when the expression `condition` is true of the sessions that match `filter`.
async fn until(client: &Client, filter: &str, condition: &str) {
    let query = format!(
        "SELECT {condition} FROM pg_stat_activity WHERE datname = current_database() AND {filter}"
    );
    let poll = async {
        while !client.query_one(&query, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SERVER_TIMEOUT, poll)
        .await
        .expect("the sessions did not reach that state in time");
}
