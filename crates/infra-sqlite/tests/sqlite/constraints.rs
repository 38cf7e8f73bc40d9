//! The constraints of the database, which hold for every writer.

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use port_contracts::{StoreFixture as _, auditor::damage::shop};

use crate::fixture::Database;

/// A connection to the file outside of the store, which checks references.
pub(crate) fn connect(database: &Database) -> SqliteConnection {
    let path = database.path();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON").unwrap();
    conn
}

#[tokio::test]
async fn the_database_rejects_data_that_violates_a_constraint() {
    let database = Database::migrated();
    shop(database.stores()).await;
    let mut conn = connect(&database);
    for (rule, statement) in [
        ("stock is not negative", "UPDATE products SET stock = -1"),
        ("stock is a number", "UPDATE products SET stock = 'many'"),
        ("prices are positive", "UPDATE products SET price = 0"),
        ("a status is one of the five", "UPDATE orders SET status = 'lost'"),
        ("quantities are positive", "UPDATE orders SET quantity = 0"),
        ("a line's quantity is positive", "UPDATE order_lines SET quantity = 0"),
        (
            "an open order is not deleted",
            "UPDATE orders SET deleted_at = 1 WHERE status = 'pending'",
        ),
        ("a line names a product that exists", "UPDATE order_lines SET product_id = 99"),
        ("an order belongs to an account that exists", "UPDATE orders SET user_id = 99"),
        ("a product that was ordered stays", "DELETE FROM products"),
        (
            "a key is used once",
            "UPDATE orders SET idempotency_key = 'one', request_fingerprint = zeroblob(32)",
        ),
        (
            "a key has a fingerprint",
            "UPDATE orders SET request_fingerprint = NULL WHERE idempotency_key = 'one'",
        ),
        ("an address is used once", "UPDATE users SET email = 'ada@example.com'"),
        ("addresses are in lower case", "UPDATE users SET email = 'Ada@example.com' WHERE id = 2"),
        ("a live account has an address", "UPDATE users SET email = NULL"),
        ("an erased account has no address", "UPDATE users SET deleted_at = 1"),
        (
            "an erased account has no search text",
            "UPDATE users SET name = 'Deleted user', email = NULL, password_hash = NULL,
            deleted_at = 1 WHERE id = 2",
        ),
        (
            "an erased account is not confirmed",
            "UPDATE users SET email = NULL, password_hash = NULL, name = 'Deleted user', deleted_at = 1,
             email_verified_at = 1",
        ),
        (
            "an erased account has no pending address",
            "UPDATE users SET email = NULL, password_hash = NULL, name = 'Deleted user', deleted_at = 1,
             email_verified_at = NULL, pending_email = 'new@example.com'",
        ),
        (
            "a pending address replaces a confirmed one",
            "UPDATE users SET email_verified_at = NULL, pending_email = 'new@example.com'",
        ),
        (
            "a pending address is another one",
            "UPDATE users SET email_verified_at = 1, pending_email = email",
        ),
        (
            "pending addresses are in lower case",
            "UPDATE users SET email_verified_at = 1, pending_email = 'New@example.com'",
        ),
        ("a role is one of the two", "UPDATE users SET role = 'owner'"),
        ("a movement changes the stock", "UPDATE stock_movements SET delta = 0"),
        (
            "an order takes a product's stock once",
            "INSERT INTO stock_movements
            (product_id, id, kind, delta, balance, order_id, moved_by, at)
            VALUES (1, 99, 'order_placed', -2, 5, 1, 1, 0)",
        ),
        (
            "an event is JSON",
            "INSERT INTO events (type, data, at) VALUES ('order.placed', 'placed', 0)",
        ),
        (
            "a type has a subject and what happened",
            "INSERT INTO events (type, data, at) VALUES ('placed', '{}', 0)",
        ),
        ("an event is never changed", "UPDATE events SET data = '{}'"),
        ("an event is never removed", "DELETE FROM events"),
    ] {
        assert!(conn.batch_execute(statement).is_err(), "{rule}: {statement}");
    }
    assert_eq!(database.findings().await, []);
}
