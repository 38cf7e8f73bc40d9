//! Referential integrity: a referenced row exists and stays, against writes by hand as well.

use domain::order::OrderCommand;
use port_contracts::{ShopFixture, StoreFixture as _, builders};
use tokio_postgres::{Client, error::SqlState};

use crate::fixture::TestStore;

/// The name of a reference, and an INSERT of a valid row and one whose reference dangles.
const DANGLING_ROWS: [(&str, &str); 9] = [
    (
        "orders_user_id_fkey",
        "INSERT INTO orders (user_id, customer_name, search_text, quantity, currency, status,
                             version, revision, created_at, updated_at)
         SELECT user_id, 'Ada', E'ada\\x1fchair', 1, 'EUR', 'pending', 1, 1, now(), now()
         FROM unnest('{1,99}'::bigint[]) AS user_id",
    ),
    (
        "order_lines_order_id_fkey",
        "INSERT INTO order_lines VALUES (1, 1, 1, 'Chair', 100, 1), (99, 0, 1, 'Chair', 100, 1)",
    ),
    (
        "order_lines_product_id_fkey",
        "INSERT INTO order_lines VALUES (1, 1, 1, 'Chair', 100, 1), (1, 2, 99, 'Chair', 100, 1)",
    ),
    (
        "stock_movements_product_id_fkey",
        "INSERT INTO stock_movements (product_id, id, kind, delta, balance, moved_by, at)
         VALUES (1, 77, 'received', 1, 1, 1, now()), (99, 1, 'received', 1, 1, 1, now())",
    ),
    (
        "stock_movements_order_id_fkey",
        "INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
         VALUES (1, 77, 'received', 1, 1, NULL, 1, now()), (1, 78, 'order_placed', -1, 0, 99, 1, now())",
    ),
    (
        "stock_movements_moved_by_fkey",
        "INSERT INTO stock_movements (product_id, id, kind, delta, balance, moved_by, at)
         VALUES (1, 77, 'received', 1, 1, 1, now()), (1, 78, 'received', 1, 2, 99, now())",
    ),
    (
        "events_order_id_fkey",
        "INSERT INTO events (type, data, at, order_id)
         VALUES ('a.b', '{}', now(), NULL), ('a.b', '{}', now(), 1), ('a.b', '{}', now(), 99)",
    ),
    (
        "events_product_id_fkey",
        "INSERT INTO events (type, data, at, product_id)
         VALUES ('a.b', '{}', now(), 1), ('a.b', '{}', now(), 99)",
    ),
    (
        "events_account_id_fkey",
        "INSERT INTO events (type, data, at, account_id)
         VALUES ('a.b', '{}', now(), 1), ('a.b', '{}', now(), 99)",
    ),
];

/// Statements that would make references dangle, or refer to another row than they were created
/// with.
const REMOVALS: [&str; 18] = [
    "DELETE FROM users",
    "DELETE FROM products",
    "DELETE FROM orders",
    "UPDATE users SET id = id + 1000",
    "UPDATE products SET id = id + 1000",
    "UPDATE orders SET id = id + 1000",
    "TRUNCATE users CASCADE",
    "TRUNCATE products CASCADE",
    "TRUNCATE orders CASCADE",
    "UPDATE orders SET user_id = 99",
    "UPDATE order_lines SET product_id = 99",
    "UPDATE order_lines SET order_id = 99",
    "UPDATE stock_movements SET moved_by = 99",
    "UPDATE events SET order_id = 99",
    "UPDATE events SET account_id = 1",
    "UPDATE events SET data = '{}'",
    "DELETE FROM events",
    "TRUNCATE events CASCADE",
];

/// A shop with an order, and a connection of an operator.
async fn shop() -> (TestStore, Client) {
    let (fixture, shop) = ShopFixture::on(TestStore::open().await).await;
    let chair = shop.product("Chair", 10).await;
    let order = builders::order(&shop.customer).with_line(chair.id, 2).build();
    let order = shop.place(order).await;
    shop.execute(order.id(), OrderCommand::Cancel).await;
    let operator = fixture.database.operator().await;
    (fixture, operator)
}

/// The error code and the violated constraint of a refused statement.
async fn refusal(operator: &Client, statement: &str) -> (SqlState, Option<String>) {
    let refused = operator.batch_execute(statement).await;
    let refused = refused.expect_err(statement);
    let refused = refused.as_db_error().expect(statement);
    (refused.code().clone(), refused.constraint().map(str::to_owned))
}

#[tokio::test]
async fn a_row_with_a_dangling_reference_is_refused() {
    let (fixture, operator) = shop().await;
    for (reference, row) in DANGLING_ROWS {
        let refused = refusal(&operator, row).await;
        let expected = (SqlState::FOREIGN_KEY_VIOLATION, Some(reference.to_owned()));
        assert_eq!(refused, expected, "{row}");
    }
    assert_eq!(fixture.findings().await, [], "a refused statement leaves no rows");
}

#[tokio::test]
async fn referenced_rows_and_their_references_cannot_be_removed_or_changed() {
    let (fixture, operator) = shop().await;
    for removal in REMOVALS {
        let (code, _reference) = refusal(&operator, removal).await;
        assert_eq!(code, SqlState::RESTRICT_VIOLATION, "{removal}");
    }
    assert_eq!(fixture.findings().await, []);
}

#[tokio::test]
async fn rows_of_one_transaction_may_refer_to_each_other() {
    let (_fixture, operator) = shop().await;
    let both = "BEGIN;
        INSERT INTO orders (id, user_id, customer_name, search_text, quantity, currency, status,
                            version, revision, created_at, updated_at)
        VALUES (77, 1, 'Ada', E'ada\\x1fchair', 1, 'EUR', 'pending', 1, 1, now(), now());
        INSERT INTO order_lines VALUES (77, 0, 1, 'Chair', 100, 1);
        COMMIT";
    operator.batch_execute(both).await.unwrap();
}
