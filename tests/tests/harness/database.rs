//! A database of a test's own on a PostgreSQL server, and plain SQL for looking into one.

use std::thread;

use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::{servers_are_thrown_away, unique_name};

/// A database that is empty at first, and gone with the test.
#[derive(Debug)]
pub(crate) struct Database {
    /// The URL of the server's own database, from where others are made and dropped.
    maintenance: String,
    name: String,
}

impl Database {
    /// Makes one on the server that this URL names, as a user who may.
    pub(crate) fn fresh(server_url: &str) -> Self {
        let name = unique_name();
        blocking(server_url, &format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap_or_else(|error| panic!("cannot make a database at {server_url}: {error:?}"));
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
        if servers_are_thrown_away() {
            return;
        }
        // A server of the test's own may have gone before, and its databases with it.
        if let Err(error) =
            blocking(&self.maintenance, &format!("DROP DATABASE {} WITH (FORCE)", self.name))
        {
            eprintln!("the database {} is not dropped: {error}", self.name);
        }
    }
}

/// What statements return: each row's columns as text, nulls as empty text.
pub(crate) type Rows = Vec<Vec<String>>;

/// Executes these statements in the database of that URL.
pub(crate) async fn sql(url: &str, statements: &str) -> Result<Rows, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Ends when the client is dropped; what goes wrong on it, the client says.
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

/// The same for those who cannot await it: on a thread of its own, since the caller's may belong to a runtime.
fn blocking(url: &str, statements: &str) -> Result<Rows, tokio_postgres::Error> {
    thread::scope(|scope| {
        let at_work = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(sql(url, statements))
        });
        at_work.join().expect("no panic")
    })
}
