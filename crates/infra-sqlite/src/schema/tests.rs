//! Whether the query builder and the migrations agree on every column: name, type, and whether it may be NULL.

use diesel::{
    Column, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query,
    sql_types::{BigInt, Binary, Nullable, Text},
};

use crate::file::DatabaseFile;

/// A column, as SQLite describes it: name, type, whether it may be NULL.
#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Described {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    nullable: i64,
}

/// What SQLite calls a type of the query builder, and whether that may be NULL.
trait Kind {
    const KIND: &'static str;
    const NULLABLE: bool = false;
}

impl Kind for BigInt {
    const KIND: &'static str = "INTEGER";
}

impl Kind for Text {
    const KIND: &'static str = "TEXT";
}

impl Kind for Binary {
    const KIND: &'static str = "BLOB";
}

impl<T: Kind + diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>> Kind
    for Nullable<T>
{
    const KIND: &'static str = T::KIND;
    const NULLABLE: bool = true;
}

/// Collects the columns of a table: a tuple of any of them.
trait Columns {
    fn described() -> Vec<Described>;
}

fn describe<C: Column>() -> Described
where
    C::SqlType: Kind,
{
    Described {
        name: C::NAME.to_owned(),
        kind: C::SqlType::KIND.to_owned(),
        nullable: i64::from(C::SqlType::NULLABLE),
    }
}

macro_rules! columns {
    ($($column:ident)*) => {
        impl<$($column: Column),*> Columns for ($($column,)*)
        where
            $($column::SqlType: Kind),*
        {
            fn described() -> Vec<Described> {
                vec![$(describe::<$column>()),*]
            }
        }
    };
}

columns!(A B);
columns!(A B C);
columns!(A B C D E F);
columns!(A B C D E F G);
columns!(A B C D E F G H);
columns!(A B C D E F G H I);
columns!(A B C D E F G H I J);
columns!(A B C D E F G H I J K);
columns!(A B C D E F G H I J K L M);
columns!(A B C D E F G H I J K L M N O);

fn migrated() -> (tempfile::TempDir, SqliteConnection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    crate::migrate(&path).unwrap();
    (directory, DatabaseFile::at(&path).unwrap().connect().unwrap())
}

fn in_database(conn: &mut SqliteConnection, table: &str) -> Vec<Described> {
    // An INTEGER PRIMARY KEY is never NULL, though nothing says so.
    let query = format!(
        "SELECT name, type AS kind, \"notnull\" = 0 AND NOT (pk > 0 AND type = 'INTEGER') AS nullable
         FROM pragma_table_info('{table}') ORDER BY cid"
    );
    sql_query(query).load(conn).unwrap()
}

fn assert_same<T: diesel::Table>(conn: &mut SqliteConnection, name: &str)
where
    T::AllColumns: Columns,
{
    assert_eq!(T::AllColumns::described(), in_database(conn, name), "table {name}");
}

#[test]
fn the_query_builder_knows_the_tables_that_the_migrations_make() {
    let (_directory, mut conn) = migrated();
    assert_same::<super::users::table>(&mut conn, "users");
    assert_same::<super::sessions::table>(&mut conn, "sessions");
    assert_same::<super::products::table>(&mut conn, "products");
    assert_same::<super::orders::table>(&mut conn, "orders");
    assert_same::<super::order_lines::table>(&mut conn, "order_lines");
    assert_same::<super::order_events::table>(&mut conn, "order_events");
    assert_same::<super::stock_movements::table>(&mut conn, "stock_movements");
    assert_same::<super::outbox::table>(&mut conn, "outbox");
    assert_same::<super::counters::table>(&mut conn, "counters");
    assert_same::<super::user_order_counts::table>(&mut conn, "user_order_counts");
    assert_same::<super::product_order_counts::table>(&mut conn, "product_order_counts");
}

#[test]
fn no_table_of_the_migrations_is_left_out() {
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
        "counters",
        "order_events",
        "order_lines",
        "orders",
        "outbox",
        "product_order_counts",
        "products",
        "sessions",
        "sqlite_sequence",
        "stock_movements",
        "user_order_counts",
        "users",
    ];
    assert_eq!(names, known);
}
