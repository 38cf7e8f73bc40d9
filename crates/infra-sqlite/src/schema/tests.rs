//! The query builder and the migrations agree on every column: its name, its type, and whether it
//! may be NULL.

use diesel::{
    QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query,
    sql_types::{BigInt, Binary, Bool, Text},
};
use infra_sql::{ColumnType, ColumnTypes, TypeName};

use crate::file::DatabaseFile;

/// Marks the type names of SQLite.
struct SqliteTypes;

impl TypeName<SqliteTypes> for BigInt {
    const NAME: &'static str = "INTEGER";
}

impl TypeName<SqliteTypes> for Text {
    const NAME: &'static str = "TEXT";
}

impl TypeName<SqliteTypes> for Binary {
    const NAME: &'static str = "BLOB";
}

/// A column, as SQLite describes it.
#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

fn migrated() -> (tempfile::TempDir, SqliteConnection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    crate::migrate(&path).unwrap();
    (directory, DatabaseFile::at(&path).unwrap().connect().unwrap())
}

fn in_database(conn: &mut SqliteConnection, table: &str) -> Vec<ColumnType> {
    // An INTEGER PRIMARY KEY is never NULL, though the table's description does not say so.
    let query = format!(
        "SELECT name, type AS kind, \"notnull\" = 0 AND NOT (pk > 0 AND type = 'INTEGER') AS nullable
         FROM pragma_table_info('{table}') ORDER BY cid"
    );
    let rows: Vec<ColumnRow> = sql_query(query).load(conn).unwrap();
    let column = |ColumnRow { name, kind, nullable }| ColumnType { name, kind, nullable };
    rows.into_iter().map(column).collect()
}

fn assert_same<T: diesel::Table>(conn: &mut SqliteConnection, name: &str)
where
    T::AllColumns: ColumnTypes<SqliteTypes>,
{
    assert_eq!(T::AllColumns::column_types(), in_database(conn, name), "table {name}");
}

#[test]
fn the_query_builder_has_the_tables_that_the_migrations_create() {
    let (_directory, mut conn) = migrated();
    assert_same::<super::users::table>(&mut conn, "users");
    assert_same::<super::sessions::table>(&mut conn, "sessions");
    assert_same::<super::login_networks::table>(&mut conn, "login_networks");
    assert_same::<super::products::table>(&mut conn, "products");
    assert_same::<super::orders::table>(&mut conn, "orders");
    assert_same::<super::order_lines::table>(&mut conn, "order_lines");
    assert_same::<super::stock_movements::table>(&mut conn, "stock_movements");
    assert_same::<super::events::table>(&mut conn, "events");
    assert_same::<super::subscriptions::table>(&mut conn, "subscriptions");
    assert_same::<super::parked_events::table>(&mut conn, "parked_events");
    assert_same::<super::backfills::table>(&mut conn, "backfills");
    assert_same::<super::shop::table>(&mut conn, "shop");
    assert_same::<super::counters::table>(&mut conn, "counters");
    assert_same::<super::user_order_counts::table>(&mut conn, "user_order_counts");
    assert_same::<super::product_order_counts::table>(&mut conn, "product_order_counts");
}

#[test]
fn every_table_of_the_migrations_is_compared() {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let (_directory, mut conn) = migrated();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let tables: Vec<Name> = sql_query(tables).load(&mut conn).unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let known = [
        "__diesel_schema_migrations",
        "backfills",
        "counters",
        "events",
        "login_networks",
        "order_lines",
        "orders",
        "parked_events",
        "product_order_counts",
        "products",
        "sessions",
        "shop",
        "sqlite_sequence",
        "stock_movements",
        "subscriptions",
        "user_order_counts",
        "users",
    ];
    assert_eq!(names, known);
}
