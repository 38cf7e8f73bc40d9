//! Damage done by hand, past every constraint: the audit names the rule that is broken, and by what.

use std::collections::BTreeSet;

use domain::{
    StoreError,
    audit::{AuditFinding, AuditRule, Auditor as _},
};
use port_contracts::{
    StoreFixture as _,
    auditor::damage::{
        Damage, assert_each_loose_end_is_found, assert_each_rule_is_found_broken,
        assert_findings_come_with_their_rule, shop,
    },
};

use crate::fixture::TestStore;

/// What the operator's connection forgets before each damage: references, and the triggers that count.
const UNGUARDED: &str = "SET session_replication_role = replica;";

/// Damage to the tables of this adapter, or done in its own way.
const DAMAGE: [Damage; 6] = [
    (
        AuditRule::StockIsNotNegative,
        "product 1",
        &["ALTER TABLE products DROP CONSTRAINT products_stock_check;
             UPDATE products SET stock = -1"],
    ),
    (
        AuditRule::AccountsAreTold,
        "account 2",
        &[
            "DELETE FROM outbox WHERE order_id IS NULL AND message ->> 'user_id' = '2'",
            "UPDATE outbox
             SET message = '{\"event\": \"account_registered\", \"user_id\": \"none\"}'
             WHERE order_id IS NULL AND message ->> 'user_id' = '2'",
        ],
    ),
    (
        AuditRule::CountersAreRight,
        "counter users",
        &["INSERT INTO count_deltas (kind, ref, delta) VALUES ('users', 0, 1)"],
    ),
    (
        AuditRule::CountersAreRight,
        "counter user_orders.shipped of 2",
        &["DELETE FROM count_deltas WHERE kind = 'user_orders.shipped';
             DELETE FROM counts WHERE kind = 'user_orders.shipped'"],
    ),
    (
        AuditRule::CountersAreRight,
        "counter product_orders of 1",
        &["INSERT INTO count_deltas (kind, ref, delta) VALUES ('product_orders', 1, -5)"],
    ),
    (
        AuditRule::CountersAreRight,
        "counter orders.delivered",
        &["INSERT INTO count_deltas (kind, ref, delta) VALUES ('orders.delivered', 0, -1)"],
    ),
];

/// A column that refers to a row, what its rows are called, and damage that makes them refer to nothing.
const LOOSE_ENDS: [(&str, &str, &str); 10] = [
    ("sessions.user_id", "session of account 99", "UPDATE sessions SET user_id = 99"),
    ("orders.user_id", "order 1", "UPDATE orders SET user_id = 99"),
    (
        "order_lines.order_id",
        "order 99, line 0",
        "UPDATE order_lines SET order_id = 99 WHERE order_id = 1",
    ),
    ("order_lines.product_id", "order 2, line 0", "UPDATE order_lines SET product_id = 99"),
    (
        "order_events.order_id",
        "history entry 77",
        "UPDATE order_events SET order_id = 99, id = 77 WHERE new_status = 'shipped'",
    ),
    (
        "order_events.changed_by",
        "history entry 77",
        "UPDATE order_events SET changed_by = 99, id = 77 WHERE new_status = 'shipped'",
    ),
    (
        "stock_movements.product_id",
        "movement 77 of product 99",
        "UPDATE stock_movements SET product_id = 99, id = 77 WHERE order_id = 1",
    ),
    (
        "stock_movements.order_id",
        "movement 77 of product 1",
        "UPDATE stock_movements SET order_id = 99, id = 77 WHERE order_id = 1",
    ),
    (
        "stock_movements.moved_by",
        "movement 77 of product 1",
        "UPDATE stock_movements SET moved_by = 99, id = 77 WHERE order_id = 1",
    ),
    (
        "outbox.order_id",
        "message 77",
        "UPDATE outbox SET order_id = 99, id = 77 WHERE order_id = 1",
    ),
];

/// What the audit finds in a shop after that.
async fn find_after(damage: &str) -> Vec<AuditFinding> {
    let opened = TestStore::open().await;
    shop(opened.stores()).await;
    assert_eq!(opened.findings().await, []);
    let operator = opened.database.operator().await;
    operator.batch_execute(&format!("{UNGUARDED} {damage}")).await.unwrap();
    opened.findings().await
}

#[tokio::test]
async fn each_rule_is_found_broken_and_by_what() {
    assert_each_rule_is_found_broken(&DAMAGE, find_after).await;
}

#[tokio::test]
async fn each_reference_to_nothing_is_found() {
    let opened = TestStore::open().await;
    let operator = opened.database.operator().await;
    // Those that triggers check are the columns that may not change.
    let references = "SELECT conrelid::regclass || '.' || attname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey) WHERE contype = 'f'
        UNION ALL
        SELECT tgrelid::regclass || '.' || attname FROM pg_trigger
        JOIN pg_attribute ON attrelid = tgrelid AND attnum = ANY (tgattr) WHERE tgname LIKE '%_refer_for_good'";
    let of_schema: BTreeSet<String> =
        operator.query(references, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let here: BTreeSet<String> =
        LOOSE_ENDS.iter().map(|(column, ..)| (*column).to_owned()).collect();
    assert_eq!(here, of_schema, "each reference of the schema is broken once");

    let loose_ends = LOOSE_ENDS.map(|(_column, subject, damage)| (subject, damage));
    assert_each_loose_end_is_found(loose_ends, find_after).await;
}

#[tokio::test]
async fn a_finding_is_told_while_its_rule_is_checked() {
    let opened = TestStore::open().await;
    shop(opened.stores()).await;
    let operator = opened.database.operator().await;
    operator.batch_execute("UPDATE products SET stock = stock + 1").await.unwrap();
    assert_findings_come_with_their_rule(opened.store.as_ref()).await;
}

#[tokio::test]
async fn an_audit_takes_none_of_the_stores_connections_and_leaves_none() {
    let opened = TestStore::open().await;
    shop(opened.stores()).await;
    assert_eq!(opened.findings().await, []);
    let operator = opened.database.operator().await;
    let in_transaction = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let open: i64 = operator.query_one(in_transaction, &[]).await.unwrap().get(0);
    assert_eq!(open, 0);
}

#[tokio::test]
async fn a_closed_store_is_not_audited() {
    let opened = TestStore::open().await;
    opened.store.close().await;
    let audited = opened.store.audit(&mut Vec::new()).await;
    assert!(matches!(audited, Err(StoreError::Unavailable(_))), "{audited:?}");
}
