//! Damage done by hand, past every constraint: the audit names the rule that is broken, and by what.

use diesel::connection::SimpleConnection as _;
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

use crate::{books::operator, fixture::Database};

/// What the operator's connection forgets before each damage.
const UNGUARDED: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";

/// Damage to the tables of this adapter, or done in its own way.
const DAMAGE: [Damage; 5] = [
    (AuditRule::StockIsNotNegative, "product 1", &["UPDATE products SET stock = -1"]),
    (AuditRule::AccountsAreTold, "account 2", &["DELETE FROM outbox WHERE id = 2"]),
    (
        AuditRule::CountersAreRight,
        "counter users",
        &["UPDATE counters SET value = value + 1 WHERE name = 'users'"],
    ),
    (
        AuditRule::CountersAreRight,
        "counter user_orders.shipped of 2",
        &["DELETE FROM user_order_counts WHERE status = 'shipped'"],
    ),
    (
        AuditRule::CountersAreRight,
        "counter product_orders of 1",
        &["UPDATE product_order_counts SET value = -1"],
    ),
];

/// What rows are called, and damage that makes them refer to nothing.
const LOOSE_ENDS: [(&str, &str); 12] = [
    ("session of account 99", "UPDATE sessions SET user_id = 99"),
    ("order 1", "UPDATE orders SET user_id = 99"),
    ("order 99, line 0", "UPDATE order_lines SET order_id = 99 WHERE order_id = 1"),
    ("order 2, line 0", "UPDATE order_lines SET product_id = 99"),
    ("history entry 1", "UPDATE order_events SET order_id = 99"),
    ("history entry 2", "UPDATE order_events SET changed_by = 99"),
    ("movement 1 of product 99", "UPDATE stock_movements SET product_id = 99"),
    ("movement 2 of product 1", "UPDATE stock_movements SET order_id = 99 WHERE order_id = 1"),
    ("movement 1 of product 1", "UPDATE stock_movements SET moved_by = 99"),
    ("message 3", "UPDATE outbox SET order_id = 99 WHERE order_id IS NOT NULL"),
    ("counter user_orders.shipped of 99", "UPDATE user_order_counts SET user_id = 99"),
    ("counter product_orders of 99", "UPDATE product_order_counts SET product_id = 99"),
];

/// What the audit finds in a shop after that.
async fn find_after(damage: &str) -> Vec<AuditFinding> {
    let database = Database::migrated();
    shop(database.stores()).await;
    assert_eq!(database.findings().await, []);
    operator(&database).batch_execute(&format!("{UNGUARDED} {damage}")).unwrap();
    database.findings().await
}

#[tokio::test]
async fn each_rule_is_found_broken_and_by_what() {
    assert_each_rule_is_found_broken(&DAMAGE, find_after).await;
}

#[tokio::test]
async fn each_reference_to_nothing_is_found() {
    assert_each_loose_end_is_found(LOOSE_ENDS, find_after).await;
}

#[tokio::test]
async fn a_finding_is_told_while_its_rule_is_checked() {
    let database = Database::migrated();
    shop(database.stores()).await;
    operator(&database).batch_execute("UPDATE products SET stock = stock + 1").unwrap();
    assert_findings_come_with_their_rule(database.store().as_ref()).await;
}

#[tokio::test]
async fn however_many_findings_there_are_all_are_told() {
    const ORDERS: u32 = 500;
    let database = Database::migrated();
    shop(database.stores()).await;
    let many = format!(
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT {ORDERS})
         INSERT INTO orders (user_id, customer_name, search_text, quantity, currency, status,
                             version, revision, created_at, updated_at)
         SELECT 2, 'Ada', 'ada', 1, 'EUR', 'pending', 1, 1, 0, 0 FROM numbers"
    );
    operator(&database).batch_execute(&many).unwrap();
    let findings = database.findings().await;
    let without_lines = findings.iter().filter(|found| found.rule == AuditRule::LinesAddUp).count();
    assert_eq!(without_lines, 500);
}

#[tokio::test]
async fn a_closed_store_is_not_audited() {
    let database = Database::migrated();
    database.store().close().await;
    let audited = database.store().audit(&mut Vec::new()).await;
    assert!(matches!(audited, Err(StoreError::Unavailable(_))), "{audited:?}");
}
