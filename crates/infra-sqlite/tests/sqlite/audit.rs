//! Damage done by hand, past every constraint: the audit names the rule that is broken, and by what.

use async_trait::async_trait;
use diesel::connection::SimpleConnection as _;
use domain::{
    StoreError,
    audit::{AuditRule, Auditor as _},
};
use port_contracts::auditor::damage::{self, Damage, DamageFixture, shop};

use crate::{books::operator, fixture::Database};

/// What the operator's connection forgets before each damage.
const UNGUARDED: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";

#[async_trait]
impl DamageFixture for Database {
    async fn damage(&self, statements: &str) {
        operator(self).batch_execute(&format!("{UNGUARDED} {statements}")).unwrap();
    }
}

/// Damage to what other databases keep differently.
const OWN_DAMAGE: [Damage; 5] = [
    (AuditRule::StockIsNotNegative, "product 1", "UPDATE products SET stock = -1"),
    (AuditRule::AccountsAreTold, "account 2", "DELETE FROM outbox WHERE id = 2"),
    (
        AuditRule::CountersAreRight,
        "counter users",
        "UPDATE counters SET value = value + 1 WHERE name = 'users'",
    ),
    (
        AuditRule::CountersAreRight,
        "counter user_orders.shipped of 2",
        "DELETE FROM user_order_counts WHERE status = 'shipped'",
    ),
    (
        AuditRule::CountersAreRight,
        "counter product_orders of 1",
        "UPDATE product_order_counts SET value = -1",
    ),
];

/// References that other databases do not have: the column, what its rows are called, and damage.
const OWN_LOOSE_ENDS: [(&str, &str, &str); 2] = [
    (
        "user_order_counts.user_id",
        "counter user_orders.shipped of 99",
        "UPDATE user_order_counts SET user_id = 99",
    ),
    (
        "product_order_counts.product_id",
        "counter product_orders of 99",
        "UPDATE product_order_counts SET product_id = 99",
    ),
];

#[tokio::test]
async fn each_rule_is_found_broken_and_by_what() {
    damage::each_rule_is_found_broken(async || Database::migrated(), &OWN_DAMAGE).await;
}

#[tokio::test]
async fn each_reference_to_nothing_is_found() {
    damage::each_loose_end_is_found(async || Database::migrated(), &OWN_LOOSE_ENDS).await;
}

#[tokio::test]
async fn a_finding_is_told_while_its_rule_is_checked() {
    damage::a_finding_is_told_while_its_rule_is_checked(Database::migrated()).await;
}

#[tokio::test]
async fn however_many_findings_there_are_all_are_told() {
    const ORDERS: u32 = 500;
    let database = Database::migrated();
    shop(&database).await;
    let many = format!(
        "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT {ORDERS})
         INSERT INTO orders (user_id, customer_name, search_text, quantity, currency, status,
                             version, revision, created_at, updated_at)
         SELECT 2, 'Ada', 'ada', 1, 'EUR', 'pending', 1, 1, 0, 0 FROM numbers"
    );
    operator(&database).batch_execute(&many).unwrap();
    let mut findings = Vec::new();
    database.store().audit(&mut findings).await.unwrap();
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
