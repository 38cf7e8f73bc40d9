//! Data that was damaged with the constraints switched off: the audit reports the violated rule and
//! the row that violates it.

use diesel::connection::SimpleConnection as _;
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

use crate::{constraints::connect, fixture::Database};

/// Switches the checks of a connection off before each damage.
const DISABLE_CONSTRAINTS: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
     DROP TRIGGER events_stay; DROP TRIGGER events_stay_as_they_are;";

/// Damage to tables that only this adapter has, or with its own SQL.
const DAMAGE: [Damage; 4] = [
    (AuditRule::StockIsNotNegative, "product 1", &["UPDATE products SET stock = -1"]),
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

/// Subjects of findings, and damage that makes those rows refer to rows that do not exist.
const DANGLING: [(&str, &str); 16] = [
    ("session of account 99", "UPDATE sessions SET user_id = 99"),
    ("login network of account 99", "UPDATE login_networks SET user_id = 99"),
    ("order 1", "UPDATE orders SET user_id = 99"),
    ("order 99, line 0", "UPDATE order_lines SET order_id = 99 WHERE order_id = 1"),
    ("order 2, line 0", "UPDATE order_lines SET product_id = 99"),
    ("event 4", "UPDATE events SET order_id = 99 WHERE id = 4"),
    ("event 3", "UPDATE events SET product_id = 99 WHERE id = 3"),
    ("event 1", "UPDATE events SET account_id = 99 WHERE id = 1"),
    ("event 1", "UPDATE events SET actor = 99 WHERE id = 1"),
    (
        "event 99 parked by log",
        "INSERT INTO subscriptions (name, position) VALUES ('log', 99);
         INSERT INTO parked_events
         (subscription, event_id, state, attempts, unanswered, next_attempt_at)
         VALUES ('log', 99, 'dead', 1, 0, 0)",
    ),
    (
        "event 1 parked by nobody",
        "INSERT INTO parked_events
         (subscription, event_id, state, attempts, unanswered, next_attempt_at)
         VALUES ('nobody', 1, 'dead', 1, 0, 0)",
    ),
    ("movement 1 of product 99", "UPDATE stock_movements SET product_id = 99"),
    ("movement 2 of product 1", "UPDATE stock_movements SET order_id = 99 WHERE order_id = 1"),
    ("movement 1 of product 1", "UPDATE stock_movements SET moved_by = 99"),
    ("counter user_orders.shipped of 99", "UPDATE user_order_counts SET user_id = 99"),
    ("counter product_orders of 99", "UPDATE product_order_counts SET product_id = 99"),
];

/// The findings of an audit of a shop after this damage.
async fn find_after(damage: &str) -> Vec<AuditFinding> {
    let database = Database::migrated();
    shop(database.stores()).await;
    assert_eq!(database.findings().await, []);
    connect(&database).batch_execute(&format!("{DISABLE_CONSTRAINTS} {damage}")).unwrap();
    database.findings().await
}

#[tokio::test]
async fn each_violated_rule_is_reported_with_its_subject() {
    assert_each_damage_is_found(&DAMAGE, find_after).await;
}

#[tokio::test]
async fn each_dangling_reference_is_reported() {
    assert_each_dangling_reference_is_found(DANGLING, find_after).await;
}

#[tokio::test]
async fn a_finding_is_reported_while_its_rule_is_checked() {
    let database = Database::migrated();
    shop(database.stores()).await;
    connect(&database).batch_execute("UPDATE products SET stock = stock + 1").unwrap();
    assert_findings_come_with_their_rule(database.store().as_ref()).await;
}

#[tokio::test]
async fn all_of_many_findings_are_reported() {
    const ORDERS: u32 = 500;
    let database = Database::migrated();
    shop(database.stores()).await;
    let many = format!(
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT {ORDERS})
         INSERT INTO orders (user_id, customer_name, search_text, quantity, currency, status,
                             version, revision, created_at, updated_at)
         SELECT 2, 'Ada', 'ada', 1, 'EUR', 'pending', 1, 1, 0, 0 FROM numbers"
    );
    connect(&database).batch_execute(&many).unwrap();
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
