//! A temporary database on a PostgreSQL server for one test, and plain SQL statements on any
//! database.

use std::thread;

use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::{servers_are_disposable, unique_name};

/// A database that is empty at first and dropped with the test.
#[derive(Debug)]
pub(crate) struct Database {
    /// The URL of the maintenance database, in which others are created and dropped.
    maintenance: String,
    name: String,
}

impl Database {
    /// Creates a database on the server at this URL, whose user needs the right to.
    pub(crate) fn fresh(server_url: &str) -> Self {
        let name = unique_name();
        blocking(server_url, &format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap_or_else(|error| panic!("cannot create a database at {server_url}: {error:?}"));
        Self { maintenance: server_url.to_owned(), name }
    }

    pub(crate) fn url(&self) -> String {
        let (server, parameters) = match self.maintenance.split_once('?') {
            Some((server, parameters)) => (server, format!("?{parameters}")),
            None => (self.maintenance.as_str(), String::new()),
        };
        let (server, _) = server.rsplit_once('/').expect("postgres://server/database");
        format!("{server}/{}{parameters}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if servers_are_disposable() {
            return;
        }
        // A server that the test started may have ended already, and its databases with it.
        if let Err(error) =
            blocking(&self.maintenance, &format!("DROP DATABASE {} WITH (FORCE)", self.name))
        {
            eprintln!("the database {} is not dropped: {error}", self.name);
        }
    }
}

/// The rows that statements return: columns as text, nulls as empty text.
pub(crate) type Rows = Vec<Vec<String>>;

/// Executes statements in the database at this URL.
pub(crate) async fn sql(url: &str, statements: &str) -> Result<Rows, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // The connection ends when the client is dropped. The client reports its errors.
    let connection = tokio::spawn(connection);
    let messages = client.simple_query(statements).await?;
    drop(client);
    let _ = connection.await;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            let column = |index| row.get(index).unwrap_or_default().to_owned();
            Some((0..row.len()).map(column).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// [`sql`] for callers that cannot await: it blocks on a new thread, since the caller's may belong
/// to a runtime.
fn blocking(url: &str, statements: &str) -> Result<Rows, tokio_postgres::Error> {
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(sql(url, statements))
        });
        worker.join().expect("no panic")
    })
}
