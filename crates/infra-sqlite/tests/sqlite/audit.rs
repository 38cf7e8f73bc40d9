//! Damage done by hand, past every constraint: the audit names the rule that is broken, and by what.

use std::collections::HashSet;

use diesel::connection::SimpleConnection as _;
use domain::{
    StoreError,
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor as _},
};
use port_contracts::StoreFixture as _;

use crate::{
    books::{operator, shop},
    fixture::Database,
};

/// What the operator's connection forgets before each damage.
const UNGUARDED: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";

/// A rule, what is to be found, and the damage. In the [`shop`] are the accounts 1 and 2, the product 1, the order 1
/// for two pieces with the key `one`, and the order 2 for one piece, which went through two steps.
const DAMAGE: [(AuditRule, &str, &str); 29] = [
    (AuditRule::StockIsItsMovements, "product 1", "UPDATE products SET stock = stock + 1"),
    (AuditRule::StockIsItsMovements, "product 1", "DELETE FROM stock_movements"),
    (
        AuditRule::BalancesAreAChain,
        "product 1",
        "UPDATE stock_movements SET balance = balance + 1 WHERE order_id = 1",
    ),
    (AuditRule::BalancesAreAChain, "product 1", "DELETE FROM stock_movements WHERE order_id = 1"),
    (AuditRule::BalancesAreAChain, "product 1", "UPDATE products SET stock = stock - 1"),
    (
        AuditRule::BalancesAreAChain,
        "product 1",
        "UPDATE stock_movements SET id = id + 99 WHERE order_id = 2",
    ),
    (AuditRule::StockIsNotNegative, "product 1", "UPDATE products SET stock = -1"),
    (
        AuditRule::VersionCountsTheHistory,
        "order 1",
        "UPDATE orders SET version = version + 1, revision = revision + 1 WHERE id = 1",
    ),
    (AuditRule::VersionCountsTheHistory, "order 2", "DELETE FROM order_events WHERE id = 1"),
    (
        AuditRule::StatusEndsTheHistory,
        "order 1",
        "UPDATE orders SET status = 'processing' WHERE id = 1",
    ),
    (
        AuditRule::StatusEndsTheHistory,
        "order 2",
        "UPDATE orders SET status = 'delivered' WHERE id = 2",
    ),
    (
        AuditRule::HistoryIsAPath,
        "order 2",
        "UPDATE order_events SET new_status = 'delivered' WHERE id = 1",
    ),
    (AuditRule::LinesAddUp, "order 1", "UPDATE order_lines SET quantity = 3 WHERE order_id = 1"),
    (AuditRule::LinesAddUp, "order 1", "DELETE FROM order_lines WHERE order_id = 1"),
    (AuditRule::LinesAddUp, "order 1", "UPDATE orders SET item_name = 'a chair' WHERE id = 1"),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "DELETE FROM stock_movements WHERE order_id = 1",
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "UPDATE orders SET status = 'cancelled' WHERE id = 1",
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "DELETE FROM order_lines WHERE order_id = 1",
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
         VALUES (1, 99, 'order_cancelled', 2, 12, 1, 1, 0)",
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "DROP INDEX stock_movements_once; UPDATE stock_movements SET delta = -1 WHERE order_id = 1;
         INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
         VALUES (1, 99, 'order_placed', -1, 6, 1, 1, 0)",
    ),
    (AuditRule::OrdersAreTold, "order 1", "DELETE FROM outbox WHERE order_id = 1"),
    (
        AuditRule::OrdersAreTold,
        "order 2",
        "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox WHERE order_id = 2)",
    ),
    (AuditRule::AccountsAreTold, "account 2", "DELETE FROM outbox WHERE id = 2"),
    (
        AuditRule::KeysAreUsedOnce,
        "order 2",
        "DROP INDEX orders_idempotency_key;
         UPDATE orders SET idempotency_key = 'one', request_fingerprint = zeroblob(32)",
    ),
    (
        AuditRule::AddressesAreUnique,
        "account 2",
        "DROP INDEX users_email; UPDATE users SET email = 'ada@example.com'",
    ),
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
    (AuditRule::ReferencesHold, "order 1, line 0", "DELETE FROM orders WHERE id = 1"),
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
async fn found_after(damage: &str) -> Vec<AuditFinding> {
    let database = Database::migrated();
    let shop = shop(&database).await;
    let session = port_contracts::session_store::session(1, shop.customer.id, 0);
    shop.stores.sessions.open(session).await.unwrap();
    assert_eq!(database.check_books().await, Ok(()));
    operator(&database).batch_execute(&format!("{UNGUARDED} {damage}")).unwrap();
    let mut findings = Vec::new();
    database.store().audit(&mut findings).await.unwrap();
    findings
}

#[tokio::test]
async fn each_rule_is_found_broken_and_by_what() {
    for (rule, subject, damage) in DAMAGE {
        let findings = found_after(damage).await;
        let expected = AuditFinding { rule, subject: subject.to_owned() };
        assert!(findings.contains(&expected), "{damage}: {findings:?}");
    }
    let damaged: HashSet<_> = DAMAGE.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(damaged, HashSet::from(AuditRule::ALL), "each rule is broken once at least");
}

#[tokio::test]
async fn each_reference_to_nothing_is_found() {
    for (subject, damage) in LOOSE_ENDS {
        let findings = found_after(damage).await;
        let rule = AuditRule::ReferencesHold;
        let expected = AuditFinding { rule, subject: subject.to_owned() };
        assert!(findings.contains(&expected), "{damage}: {findings:?}");
    }
}

/// Notes what it hears, in order.
#[derive(Default)]
struct Diary(Vec<String>);

impl AuditObserver for Diary {
    fn checking(&mut self, rule: AuditRule) {
        self.0.push(format!("checking {rule:?}"));
    }

    fn found(&mut self, finding: AuditFinding) {
        self.0.push(format!("found {}", finding.subject));
    }
}

#[tokio::test]
async fn a_finding_is_told_while_its_rule_is_checked() {
    let database = Database::migrated();
    shop(&database).await;
    operator(&database).batch_execute("UPDATE products SET stock = stock + 1").unwrap();
    let mut diary = Diary::default();
    database.store().audit(&mut diary).await.unwrap();
    assert_eq!(
        diary.0[..3],
        ["checking StockIsItsMovements", "found product 1", "checking BalancesAreAChain"]
    );
    let found = diary.0.iter().filter(|entry| entry.starts_with("found"));
    assert_eq!(found.count(), 2, "the last balance is not the stock either: {:?}", diary.0);
    assert_eq!(diary.0.len(), AuditRule::ALL.len() + 2);
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
