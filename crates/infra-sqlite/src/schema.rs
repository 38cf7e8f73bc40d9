//! The tables, as the query builder knows them. The migrations in `migrations/sqlite` are what makes them;
//! a test compares the two.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        role -> Text,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

table! {
    sessions (id) {
        id -> Text,
        user_id -> BigInt,
        refresh_hash -> Binary,
        previous_refresh_hash -> Nullable<Binary>,
        refresh_expires_at -> BigInt,
        refreshed_at -> Nullable<BigInt>,
        opened_at -> BigInt,
        ends_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

table! {
    products (id) {
        id -> BigInt,
        name -> Text,
        name_folded -> Text,
        description -> Nullable<Text>,
        price -> BigInt,
        stock -> BigInt,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

table! {
    orders (id) {
        id -> BigInt,
        user_id -> BigInt,
        customer_name -> Text,
        customer_folded -> Text,
        item_name -> Nullable<Text>,
        title_folded -> Text,
        quantity -> BigInt,
        currency -> Text,
        status -> Text,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        idempotency_key -> Nullable<Text>,
        request_fingerprint -> Nullable<Binary>,
    }
}

table! {
    order_lines (order_id, position) {
        order_id -> BigInt,
        position -> BigInt,
        product_id -> BigInt,
        name -> Text,
        unit_price -> BigInt,
        quantity -> BigInt,
    }
}

table! {
    order_events (id) {
        id -> BigInt,
        order_id -> BigInt,
        changed_by -> BigInt,
        old_status -> Text,
        new_status -> Text,
        note -> Text,
        created_at -> BigInt,
    }
}

table! {
    stock_movements (id) {
        id -> BigInt,
        product_id -> BigInt,
        delta -> BigInt,
        reason -> Text,
        order_id -> Nullable<BigInt>,
        moved_by -> BigInt,
        at -> BigInt,
    }
}

table! {
    outbox (id) {
        id -> BigInt,
        message -> Text,
        order_id -> Nullable<BigInt>,
        created_at -> BigInt,
        attempts -> BigInt,
        next_attempt_at -> BigInt,
        leased_until -> Nullable<BigInt>,
        leased_by -> Nullable<Text>,
        delivered_at -> Nullable<BigInt>,
        dead_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
    }
}

table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

table! {
    user_order_counts (user_id, status) {
        user_id -> BigInt,
        status -> Text,
        value -> BigInt,
    }
}

table! {
    product_order_counts (product_id) {
        product_id -> BigInt,
        value -> BigInt,
    }
}

table! {
    /// SQLite's own record of the greatest id that each AUTOINCREMENT table ever had.
    sqlite_sequence (name) {
        name -> Text,
        seq -> BigInt,
    }
}

table! {
    /// The migration tool's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

joinable!(sessions -> users (user_id));
joinable!(order_lines -> orders (order_id));
joinable!(order_events -> orders (order_id));
allow_tables_to_appear_in_same_query!(users, sessions);
allow_tables_to_appear_in_same_query!(orders, order_lines, order_events);

#[cfg(test)]
mod tests {
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

    impl<T: Kind + diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>>
        Kind for Nullable<T>
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
    columns!(A B C D E F G H I);
    columns!(A B C D E F G H I J);
    columns!(A B C D E F G H I J K);
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
}
