//! The audit of data that an operator has damaged, past every constraint: it reports the broken
//! rule, and the rows that break it.

use std::collections::BTreeSet;

use domain::{
    StoreError,
    audit::{AuditFinding, AuditRule, Auditor as _},
};
use port_contracts::{
    StoreFixture as _,
    auditor::damage::{
        Damage, assert_each_damage_is_found, assert_each_dangling_reference_is_found,
        assert_findings_come_with_their_rule, shop,
    },
};

use crate::fixture::TestStore;

/// Disables foreign keys and counter triggers on the operator's connection, before each damage.
const DISABLE_CONSTRAINTS: &str = "SET session_replication_role = replica;";

/// Damage to tables of this adapter, or in the SQL of this adapter.
const DAMAGE: [Damage; 5] = [
    (
        AuditRule::StockIsNotNegative,
        "product 1",
        &["ALTER TABLE products DROP CONSTRAINT products_stock_check;
             UPDATE products SET stock = -1"],
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

/// A column that refers to a row, the audit's name for its rows, and damage that makes the
/// reference dangle.
const DANGLING_REFERENCES: [(&str, &str, &str); 14] = [
    ("sessions.user_id", "session of account 99", "UPDATE sessions SET user_id = 99"),
    (
        "login_networks.user_id",
        "login network of account 99",
        "UPDATE login_networks SET user_id = 99",
    ),
    ("orders.user_id", "order 1", "UPDATE orders SET user_id = 99"),
    (
        "order_lines.order_id",
        "order 99, line 0",
        "UPDATE order_lines SET order_id = 99 WHERE order_id = 1",
    ),
    ("order_lines.product_id", "order 2, line 0", "UPDATE order_lines SET product_id = 99"),
    (
        "events.order_id",
        "event 77",
        "UPDATE events SET order_id = 99, id = 77 WHERE data ->> 'to' = 'shipped'",
    ),
    (
        "events.product_id",
        "event 77",
        "UPDATE events SET product_id = 99, id = 77 WHERE type = 'product.created'",
    ),
    (
        "events.account_id",
        "event 77",
        "UPDATE events SET account_id = 99, id = 77 WHERE data ->> 'to' = 'shipped'",
    ),
    (
        "events.actor",
        "event 77",
        "UPDATE events SET actor = 99, id = 77 WHERE data ->> 'to' = 'shipped'",
    ),
    (
        "parked_events.event_id",
        "event 77 parked by log",
        "INSERT INTO subscriptions (name, position) VALUES ('log', 77);
         INSERT INTO parked_events
         (subscription, event_id, state, attempts, unanswered, next_attempt_at)
         VALUES ('log', 77, 'dead', 1, 0, now())",
    ),
    (
        "parked_events.subscription",
        "event 1 parked by nobody",
        "INSERT INTO parked_events
         (subscription, event_id, state, attempts, unanswered, next_attempt_at)
         VALUES ('nobody', 1, 'dead', 1, 0, now())",
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
];

/// The findings of an audit after that damage.
async fn findings_after(damage: &str) -> Vec<AuditFinding> {
    let fixture = TestStore::open().await;
    shop(fixture.stores()).await;
    assert_eq!(fixture.findings().await, []);
    let operator = fixture.database.operator().await;
    operator.batch_execute(&format!("{DISABLE_CONSTRAINTS} {damage}")).await.unwrap();
    fixture.findings().await
}

#[tokio::test]
async fn the_audit_finds_each_broken_rule_and_names_the_rows() {
    assert_each_damage_is_found(&DAMAGE, findings_after).await;
}

#[tokio::test]
async fn the_audit_finds_each_dangling_reference() {
    let fixture = TestStore::open().await;
    let operator = fixture.database.operator().await;
    // Columns that may not change are checked by triggers. The tables of the previous release are
    // not used any more.
    let references = "SELECT conrelid::regclass || '.' || attname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
        WHERE contype = 'f' AND conrelid <> 'order_events'::regclass
        UNION ALL
        SELECT tgrelid::regclass || '.' || attname FROM pg_trigger
        JOIN pg_attribute ON attrelid = tgrelid AND attnum = ANY (tgattr) 
        WHERE tgname LIKE '%_refer_for_good' AND tgrelid <> 'outbox'::regclass";
    let of_schema: BTreeSet<String> =
        operator.query(references, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let covered: BTreeSet<String> =
        DANGLING_REFERENCES.iter().map(|(column, ..)| (*column).to_owned()).collect();
    assert_eq!(covered, of_schema, "each reference of the schema is broken once");

    let dangling_references =
        DANGLING_REFERENCES.map(|(_column, subject, damage)| (subject, damage));
    assert_each_dangling_reference_is_found(dangling_references, findings_after).await;
}

#[tokio::test]
async fn findings_are_reported_while_their_rule_is_checked() {
    let fixture = TestStore::open().await;
    shop(fixture.stores()).await;
    let operator = fixture.database.operator().await;
    operator.batch_execute("UPDATE products SET stock = stock + 1").await.unwrap();
    assert_findings_come_with_their_rule(fixture.store.as_ref()).await;
}

#[tokio::test]
async fn an_audit_leaves_no_open_transaction() {
    let fixture = TestStore::open().await;
    shop(fixture.stores()).await;
    assert_eq!(fixture.findings().await, []);
    let operator = fixture.database.operator().await;
    let in_transaction = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let open: i64 = operator.query_one(in_transaction, &[]).await.unwrap().get(0);
    assert_eq!(open, 0);
}

#[tokio::test]
async fn auditing_a_closed_store_fails_as_unavailable() {
    let fixture = TestStore::open().await;
    fixture.store.close().await;
    let audited = fixture.store.audit(&mut Vec::new()).await;
    assert!(matches!(audited, Err(StoreError::Unavailable(_))), "{audited:?}");
}
