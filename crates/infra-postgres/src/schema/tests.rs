//! The table definitions and the migrations agree on every column: name, type, nullability.

use diesel::sql_types::{BigInt, Binary, Json, Text, Timestamptz};
use infra_sql::{ColumnType, ColumnTypes, TypeName};
use tokio_postgres::Client;

use crate::database_for_tests::{Database, connect};

/// The marker of this server's type names.
struct Server;

impl TypeName<Server> for BigInt {
    const NAME: &'static str = "bigint";
}

impl TypeName<Server> for Text {
    const NAME: &'static str = "text";
}

impl TypeName<Server> for Binary {
    const NAME: &'static str = "bytea";
}

impl TypeName<Server> for Json {
    const NAME: &'static str = "json";
}

impl TypeName<Server> for Timestamptz {
    const NAME: &'static str = "timestamp with time zone";
}

async fn columns_in_database(client: &Client, table: &str) -> Vec<ColumnType> {
    let columns = "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
                   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    let rows = client.query(columns, &[&table]).await.unwrap();
    rows.iter()
        .map(|row| ColumnType { name: row.get(0), kind: row.get(1), nullable: row.get(2) })
        .collect()
}

async fn assert_same<T: diesel::Table>(client: &Client, name: &str)
where
    T::AllColumns: ColumnTypes<Server>,
{
    assert_eq!(
        T::AllColumns::column_types(),
        columns_in_database(client, name).await,
        "table {name}"
    );
}

#[tokio::test]
async fn the_table_definitions_match_the_migrations() {
    let database = Database::migrated().await;
    let client = connect(&database.url()).await;
    assert_same::<super::users::table>(&client, "users").await;
    assert_same::<super::sessions::table>(&client, "sessions").await;
    assert_same::<super::login_networks::table>(&client, "login_networks").await;
    assert_same::<super::products::table>(&client, "products").await;
    assert_same::<super::orders::table>(&client, "orders").await;
    assert_same::<super::order_lines::table>(&client, "order_lines").await;
    assert_same::<super::stock_movements::table>(&client, "stock_movements").await;
    assert_same::<super::events::table>(&client, "events").await;
    assert_same::<super::subscriptions::table>(&client, "subscriptions").await;
    assert_same::<super::parked_events::table>(&client, "parked_events").await;
    assert_same::<super::backfills::table>(&client, "backfills").await;
    assert_same::<super::shop::table>(&client, "shop").await;
    assert_same::<super::counts::table>(&client, "counts").await;
    assert_same::<super::count_deltas::table>(&client, "count_deltas").await;
}

#[tokio::test]
async fn every_table_of_the_migrations_has_a_definition() {
    let database = Database::migrated().await;
    let client = connect(&database.url()).await;
    let tables =
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename";
    let rows = client.query(tables, &[]).await.unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let known = [
        "__diesel_schema_migrations",
        "backfills",
        "count_deltas",
        "counts",
        "events",
        "login_networks",
        "order_events",
        "order_lines",
        "orders",
        "outbox",
        "parked_events",
        "products",
        "sessions",
        "shop",
        "stock_movements",
        "subscriptions",
        "users",
    ];
    assert_eq!(names, known);
}

#[tokio::test]
async fn every_indexed_text_column_has_the_c_collation() {
    let database = Database::migrated().await;
    let client = connect(&database.url()).await;
    // Comparing and sorting must give the same results on every server.
    let other_collations = "SELECT relname || '.' || attname FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = 'public'
        JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        JOIN pg_collation ON pg_collation.oid = attcollation
        WHERE collname <> 'C' AND relname <> '__diesel_schema_migrations'";
    let rows = client.query(other_collations, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, Vec::<String>::new());
}
