//! Damage done by hand, past every constraint: the audit names the rule that is broken, and by what.

use std::collections::{BTreeSet, HashSet};

use domain::{
    StoreError,
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor as _},
    order::OrderStatus,
};
use port_contracts::{Shop, StoreFixture as _, builders, session_store::session};

use crate::fixture::Opened;

/// What the operator's connection forgets before each damage: references, and the triggers that count.
const UNGUARDED: &str = "SET session_replication_role = replica;";

/// A rule, what is to be found, and the damage. In the [`shop`] are the accounts 1 and 2, the product 1, the order 1
/// for two pieces with the key `one`, and the order 2 for one piece, which went through two steps.
const DAMAGE: [(AuditRule, &str, &str); 31] = [
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
    (
        AuditRule::StockIsNotNegative,
        "product 1",
        "ALTER TABLE products DROP CONSTRAINT products_stock_check;
         UPDATE products SET stock = -1",
    ),
    (
        AuditRule::VersionCountsTheHistory,
        "order 1",
        "UPDATE orders SET version = version + 1, revision = revision + 1 WHERE id = 1",
    ),
    (
        AuditRule::VersionCountsTheHistory,
        "order 2",
        "DELETE FROM order_events WHERE new_status = 'processing'",
    ),
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
        "UPDATE order_events SET new_status = 'delivered' WHERE new_status = 'processing'",
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
         VALUES (1, 99, 'order_cancelled', 2, 12, 1, 1, now())",
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "DROP INDEX stock_movements_once; UPDATE stock_movements SET delta = -1 WHERE order_id = 1;
         INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
         VALUES (1, 99, 'order_placed', -1, 6, 1, 1, now())",
    ),
    (AuditRule::OrdersAreTold, "order 1", "DELETE FROM outbox WHERE order_id = 1"),
    (
        AuditRule::OrdersAreTold,
        "order 2",
        "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox WHERE order_id = 2)",
    ),
    (
        AuditRule::AccountsAreTold,
        "account 2",
        "DELETE FROM outbox WHERE order_id IS NULL AND message ->> 'user_id' = '2'",
    ),
    (
        AuditRule::AccountsAreTold,
        "account 2",
        "UPDATE outbox SET message = '{\"event\": \"account_registered\", \"user_id\": \"none\"}'
         WHERE order_id IS NULL AND message ->> 'user_id' = '2'",
    ),
    (
        AuditRule::KeysAreUsedOnce,
        "order 2",
        "DROP INDEX orders_idempotency_key;
         UPDATE orders SET idempotency_key = 'one', request_fingerprint = decode(repeat('00', 32), 'hex')",
    ),
    (
        AuditRule::AddressesAreUnique,
        "account 2",
        "DROP INDEX users_email; UPDATE users SET email = 'ada@example.com'",
    ),
    (
        AuditRule::CountersAreRight,
        "counter users",
        "INSERT INTO count_deltas (kind, ref, delta) VALUES ('users', 0, 1)",
    ),
    (
        AuditRule::CountersAreRight,
        "counter user_orders.shipped of 2",
        "DELETE FROM count_deltas WHERE kind = 'user_orders.shipped';
         DELETE FROM counts WHERE kind = 'user_orders.shipped'",
    ),
    (
        AuditRule::CountersAreRight,
        "counter product_orders of 1",
        "INSERT INTO count_deltas (kind, ref, delta) VALUES ('product_orders', 1, -5)",
    ),
    (
        AuditRule::CountersAreRight,
        "counter orders.delivered",
        "INSERT INTO count_deltas (kind, ref, delta) VALUES ('orders.delivered', 0, -1)",
    ),
    (AuditRule::ReferencesHold, "order 1, line 0", "DELETE FROM orders WHERE id = 1"),
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

async fn shop(opened: &Opened) -> Shop {
    let shop = Shop::open(opened.stores()).await;
    let chair = shop.product("Chair", 10).await;
    let order = builders::order(&shop.customer).with_line(chair.id, 2);
    shop.place(order.with_key("one").build()).await;
    let moving = builders::order(&shop.customer).with_line(chair.id, 1).build();
    let moving = shop.place(moving).await;
    shop.move_to(moving.id(), OrderStatus::Processing).await;
    shop.move_to(moving.id(), OrderStatus::Shipped).await;
    shop.stores.sessions.open(session(1, shop.customer.id, 0)).await.unwrap();
    shop
}

async fn audit(opened: &Opened) -> Vec<AuditFinding> {
    let mut findings = Vec::new();
    opened.store.audit(&mut findings).await.unwrap();
    findings
}

/// What the audit finds in a shop after that.
async fn found_after(damage: &str) -> Vec<AuditFinding> {
    let opened = Opened::fresh().await;
    shop(&opened).await;
    assert_eq!(audit(&opened).await, []);
    let operator = opened.database.operator().await;
    operator.batch_execute(&format!("{UNGUARDED} {damage}")).await.unwrap();
    audit(&opened).await
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
    let opened = Opened::fresh().await;
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

    for (_column, subject, damage) in LOOSE_ENDS {
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
    let opened = Opened::fresh().await;
    shop(&opened).await;
    let operator = opened.database.operator().await;
    operator.batch_execute("UPDATE products SET stock = stock + 1").await.unwrap();
    let mut diary = Diary::default();
    opened.store.audit(&mut diary).await.unwrap();
    assert_eq!(
        diary.0.get(..3).unwrap(),
        ["checking StockIsItsMovements", "found product 1", "checking BalancesAreAChain"]
    );
    assert_eq!(diary.0.len(), AuditRule::ALL.len() + 2);
}

#[tokio::test]
async fn an_audit_takes_none_of_the_stores_connections_and_leaves_none() {
    let opened = Opened::fresh().await;
    shop(&opened).await;
    assert_eq!(audit(&opened).await, []);
    let operator = opened.database.operator().await;
    let in_transaction = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let open: i64 = operator.query_one(in_transaction, &[]).await.unwrap().get(0);
    assert_eq!(open, 0);
}

#[tokio::test]
async fn a_closed_store_is_not_audited() {
    let opened = Opened::fresh().await;
    opened.store.close().await;
    let audited = opened.store.audit(&mut Vec::new()).await;
    assert!(matches!(audited, Err(StoreError::Unavailable(_))), "{audited:?}");
}
