//! Databases on the run's PostgreSQL server: every round begins with a fresh copy of the same one, so that no side
//! pays for what the other, or an earlier round, has left behind.

use tokio_postgres::{Client, NoTls};

use crate::{failure::Failure, postgres::Postgres};

/// Connects to a database. The connection ends when the client is dropped.
pub(crate) async fn connect(postgres: &Postgres, database: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(&postgres.url(database), NoTls).await?;
    // Whatever ends it, its client is told.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

pub(crate) async fn create(postgres: &Postgres, database: &str) -> Result<(), Failure> {
    Ok(connect(postgres, "postgres")
        .await?
        .batch_execute(&format!("CREATE DATABASE {database}"))
        .await?)
}

/// Removes a database, if it is there.
pub(crate) async fn drop_database(postgres: &Postgres, database: &str) -> Result<(), Failure> {
    let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    Ok(connect(postgres, "postgres").await?.batch_execute(&drop).await?)
}

/// Makes a copy of a database that nobody is connected to, in place of one that an earlier round has used, and writes
/// all of it to disk.
pub(crate) async fn copy(
    postgres: &Postgres,
    template: &str,
    database: &str,
) -> Result<(), Failure> {
    drop_database(postgres, database).await?;
    let client = connect(postgres, "postgres").await?;
    client.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE {template}")).await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// Brings a database to rest after it was filled: statistics for the planner, no dead rows, all on disk.
pub(crate) async fn settle(postgres: &Postgres, database: &str) -> Result<(), Failure> {
    let client = connect(postgres, database).await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// The one whole number that a query answers.
pub(crate) async fn number(
    postgres: &Postgres,
    database: &str,
    query: &str,
) -> Result<i64, Failure> {
    Ok(connect(postgres, database).await?.query_one(query, &[]).await?.try_get(0)?)
}
