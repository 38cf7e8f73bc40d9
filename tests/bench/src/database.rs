//! Databases on the run's PostgreSQL server. Every round begins with a fresh copy of the same
//! template, so that no measurement is affected by what an earlier one has written.

use tokio_postgres::{Client, NoTls};

use crate::{error::BenchError, postgres::Postgres};

/// Connects to a database. The connection ends when the client is dropped.
pub(crate) async fn connect(postgres: &Postgres, database: &str) -> Result<Client, BenchError> {
    let (client, connection) = tokio_postgres::connect(&postgres.url(database), NoTls).await?;
    // The client reports errors of the connection.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

pub(crate) async fn create(postgres: &Postgres, database: &str) -> Result<(), BenchError> {
    Ok(connect(postgres, "postgres")
        .await?
        .batch_execute(&format!("CREATE DATABASE {database}"))
        .await?)
}

/// Drops a database if it exists.
pub(crate) async fn drop_database(postgres: &Postgres, database: &str) -> Result<(), BenchError> {
    let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    Ok(connect(postgres, "postgres").await?.batch_execute(&drop).await?)
}

/// Replaces a database by a copy of a template, to which no client may be connected, and writes all
/// of it to disk.
pub(crate) async fn copy(
    postgres: &Postgres,
    template: &str,
    database: &str,
) -> Result<(), BenchError> {
    drop_database(postgres, database).await?;
    let client = connect(postgres, "postgres").await?;
    client.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE {template}")).await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// Vacuums and analyzes a filled database and writes all of it to disk.
pub(crate) async fn vacuum(postgres: &Postgres, database: &str) -> Result<(), BenchError> {
    let client = connect(postgres, database).await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// The integer that a query returns.
pub(crate) async fn number(
    postgres: &Postgres,
    database: &str,
    query: &str,
) -> Result<i64, BenchError> {
    Ok(connect(postgres, database).await?.query_one(query, &[]).await?.try_get(0)?)
}
