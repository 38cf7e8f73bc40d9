//! Damage done by hand to a SQL database, past every constraint: the audit names the rule that is
//! broken, and by what.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use async_trait::async_trait;
use domain::{
    audit::{AuditFinding, AuditObserver, AuditRule},
    order::OrderStatus,
};

use super::{AuditFixture, findings};
use crate::{Shop, StoreFixture, builders, session_store::session};

/// A database that an operator can damage.
#[async_trait]
pub trait DamageFixture: AuditFixture {
    /// Runs SQL as an operator whom neither references, checks nor triggers stop.
    async fn damage(&self, statements: &str);
}

/// A rule, what is to be found, and the damage. In the [`shop`] are the accounts 1 and 2, the
/// product 1, the order 1 for two units with the key `one`, and the order 2 for one unit, which
/// went through two steps.
pub type Damage = (AuditRule, &'static str, &'static str);

/// Damage that is the same on every database.
pub const DAMAGE: [Damage; 24] = [
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
         VALUES (1, 99, 'order_cancelled', 2, 12, 1, 1,
             (SELECT max(at) FROM stock_movements))",
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        "DROP INDEX stock_movements_once; UPDATE stock_movements SET delta = -1 WHERE order_id = 1;
         INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
         VALUES (1, 99, 'order_placed', -1, 6, 1, 1,
             (SELECT max(at) FROM stock_movements))",
    ),
    (AuditRule::OrdersAreTold, "order 1", "DELETE FROM outbox WHERE order_id = 1"),
    (
        AuditRule::OrdersAreTold,
        "order 2",
        "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox WHERE order_id = 2)",
    ),
    (
        AuditRule::KeysAreUsedOnce,
        "order 2",
        "DROP INDEX orders_idempotency_key;
         UPDATE orders SET idempotency_key = 'one',
             request_fingerprint = (SELECT request_fingerprint FROM orders WHERE id = 1)",
    ),
    (
        AuditRule::AddressesAreUnique,
        "account 2",
        "DROP INDEX users_email; UPDATE users SET email = 'ada@example.com'",
    ),
    (AuditRule::ReferencesHold, "order 1, line 0", "DELETE FROM orders WHERE id = 1"),
];

/// A column that refers to a row, what its rows are called, and damage that makes them refer to
/// nothing.
pub const LOOSE_ENDS: [(&str, &str, &str); 10] = [
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

/// A shop with a product, an order for it with a key, and one that went through two steps.
pub async fn shop(fixture: &impl StoreFixture) -> Shop {
    let shop = Shop::open(fixture.stores()).await;
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

/// Each rule is broken by some damage in a fresh database, and found broken by what broke it. `own`
/// is damage that the database's own tables have.
pub async fn each_rule_is_found_broken<F: DamageFixture>(
    fresh: impl AsyncFn() -> F,
    own: &[Damage],
) {
    let all: Vec<&Damage> = DAMAGE.iter().chain(own).collect();
    for rule in AuditRule::ALL {
        assert!(all.iter().any(|(damaged, ..)| *damaged == rule), "nothing breaks {rule:?}");
    }
    for damage in all {
        check(&fresh().await, damage).await;
    }
}

/// Each reference is broken in a fresh database, and found. `own` are those of the database's own
/// tables.
pub async fn each_loose_end_is_found<F: DamageFixture>(
    fresh: impl AsyncFn() -> F,
    own: &[(&str, &'static str, &'static str)],
) {
    for (_column, subject, damage) in LOOSE_ENDS.iter().chain(own) {
        check(&fresh().await, &(AuditRule::ReferencesHold, *subject, *damage)).await;
    }
}

async fn check(fixture: &impl DamageFixture, (rule, subject, damage): &Damage) {
    shop(fixture).await;
    assert_eq!(findings(fixture.auditor().as_ref()).await, []);
    fixture.damage(damage).await;
    let found = findings(fixture.auditor().as_ref()).await;
    let expected = AuditFinding { rule: *rule, subject: (*subject).to_owned() };
    assert!(found.contains(&expected), "{damage}: {found:?}");
}

/// Writes down what it hears, in order.
#[derive(Default)]
struct Log(Vec<String>);

impl AuditObserver for Log {
    fn checking(&mut self, rule: AuditRule) {
        self.0.push(format!("checking {rule:?}"));
    }

    fn found(&mut self, finding: AuditFinding) {
        self.0.push(format!("found {}", finding.subject));
    }
}

pub async fn a_finding_is_told_while_its_rule_is_checked(fixture: impl DamageFixture) {
    shop(&fixture).await;
    fixture.damage("UPDATE products SET stock = stock + 1").await;
    let mut log = Log::default();
    fixture.auditor().audit(&mut log).await.unwrap();
    assert_eq!(
        log.0[..3],
        ["checking StockIsItsMovements", "found product 1", "checking BalancesAreAChain"]
    );
    let found = log.0.iter().filter(|entry| entry.starts_with("found"));
    assert_eq!(found.count(), 2, "the last balance is not the stock either: {:?}", log.0);
    assert_eq!(log.0.len(), AuditRule::ALL.len() + 2);
}
