//! SQL statements that damage data past every constraint, and checks that the audit reports the
//! violated rule and its subject. An adapter executes the statements, and adds damage to tables
//! that only it has.

use std::collections::HashSet;

use domain::{
    account::{NetworkHash, NewSession},
    audit::{AuditFinding, AuditObserver, AuditRule, Auditor},
    order::OrderStatus,
};

use crate::{ShopFixture, Stores, builders, session_store::session};

/// A rule, the subject of the expected finding in the [`shop`], and statements each of which
/// violates the rule.
pub type Damage = (AuditRule, &'static str, &'static [&'static str]);

/// Damage to the tables that every adapter has.
const DAMAGE: [Damage; 18] = [
    (
        AuditRule::StockEqualsMovements,
        "product 1",
        &["UPDATE products SET stock = stock + 1", "DELETE FROM stock_movements"],
    ),
    (
        AuditRule::BalancesAreConsecutive,
        "product 1",
        &[
            "UPDATE stock_movements SET balance = balance + 1 WHERE order_id = 1",
            "DELETE FROM stock_movements WHERE order_id = 1",
            "UPDATE products SET stock = stock - 1",
            "UPDATE stock_movements SET id = id + 99 WHERE order_id = 2",
        ],
    ),
    (
        AuditRule::VersionCountsTheHistory,
        "order 1",
        &["UPDATE orders SET version = version + 1, revision = revision + 1 WHERE id = 1"],
    ),
    (
        AuditRule::VersionCountsTheHistory,
        "order 2",
        &["DELETE FROM events WHERE data ->> 'to' = 'processing'"],
    ),
    (
        AuditRule::StatusMatchesHistory,
        "order 1",
        &["UPDATE orders SET status = 'processing' WHERE id = 1"],
    ),
    (
        AuditRule::StatusMatchesHistory,
        "order 2",
        &["UPDATE orders SET status = 'delivered' WHERE id = 2"],
    ),
    (
        AuditRule::HistoryIsValid,
        "order 2",
        &[
            "UPDATE events SET data = '{\"from\": \"pending\", \"to\": \"delivered\"}'
             WHERE data ->> 'to' = 'processing'",
            "UPDATE events SET data = '{}' WHERE data ->> 'to' = 'processing'",
        ],
    ),
    (
        AuditRule::LinesAddUp,
        "order 1",
        &[
            "UPDATE order_lines SET quantity = 3 WHERE order_id = 1",
            "DELETE FROM order_lines WHERE order_id = 1",
            "UPDATE orders SET item_name = 'a chair' WHERE id = 1",
        ],
    ),
    (
        AuditRule::StockIsTakenOnce,
        "order 1, product 1",
        &[
            "DELETE FROM stock_movements WHERE order_id = 1",
            "UPDATE orders SET status = 'cancelled' WHERE id = 1",
            "DELETE FROM order_lines WHERE order_id = 1",
            "INSERT INTO stock_movements
             (product_id, id, kind, delta, balance, order_id, moved_by, at)
             SELECT 1, 99, 'order_cancelled', 2, 12, 1, 1, max(at) FROM stock_movements",
            "DROP INDEX stock_movements_once;
             UPDATE stock_movements SET delta = -1 WHERE order_id = 1;
             INSERT INTO stock_movements
             (product_id, id, kind, delta, balance, order_id, moved_by, at)
             SELECT 1, 99, 'order_placed', -1, 6, 1, 1, max(at) FROM stock_movements",
        ],
    ),
    (
        AuditRule::OrdersHaveEvents,
        "order 1",
        &[
            "DELETE FROM events WHERE order_id = 1",
            "INSERT INTO events (order_id, account_id, actor, at, type, data)
             SELECT order_id, account_id, actor, at, type, data FROM events WHERE order_id = 1",
        ],
    ),
    (
        AuditRule::OrdersHaveEvents,
        "order 2",
        &["UPDATE events SET id = id + 1000 WHERE order_id = 2 AND type = 'order.placed'"],
    ),
    (
        AuditRule::AccountsHaveEvents,
        "account 2",
        &[
            "DELETE FROM events WHERE type = 'account.registered' AND account_id = 2",
            "INSERT INTO events (account_id, actor, at, type, data)
             SELECT account_id, actor, at, 'account.closed', data
             FROM events WHERE type = 'account.registered' AND account_id = 2",
        ],
    ),
    (
        AuditRule::ProductsHaveEvents,
        "product 1",
        &["UPDATE products SET version = version + 1, revision = revision + 1 WHERE id = 1"],
    ),
    (
        AuditRule::PositionsAreInTheJournal,
        "subscription log",
        &["INSERT INTO subscriptions (name, position) VALUES ('log', 1000000)"],
    ),
    (
        AuditRule::PositionsAreInTheJournal,
        "event 3 parked by mail",
        &["INSERT INTO subscriptions (name, position) VALUES ('mail', 2);
           INSERT INTO parked_events
           (subscription, event_id, state, attempts, unanswered, next_attempt_at)
           SELECT 'mail', id, 'dead', 1, 0, at FROM events WHERE id = 3"],
    ),
    (
        AuditRule::KeysAreUsedOnce,
        "order 2",
        &["DROP INDEX orders_idempotency_key;
           UPDATE orders SET idempotency_key = 'one',
           request_fingerprint = (SELECT request_fingerprint FROM orders WHERE id = 1)"],
    ),
    (
        AuditRule::AddressesAreUnique,
        "account 2",
        &["DROP INDEX users_email; UPDATE users SET email = 'ada@example.com'"],
    ),
    (AuditRule::ReferencesHold, "order 1, line 0", &["DELETE FROM orders WHERE id = 1"]),
];

/// A shop with the accounts 1 and 2, a session of the second, the product 1, the order 1 for two
/// units with the key `one`, and the order 2 for one unit, which went through two transitions.
pub async fn shop(stores: Stores) -> ShopFixture {
    let shop = ShopFixture::open(stores).await;
    let chair = shop.product("Chair", 10).await;
    let order = builders::order(&shop.customer).with_line(chair.id, 2);
    shop.place(order.with_key("one").build()).await;
    let shipped = builders::order(&shop.customer).with_line(chair.id, 1).build();
    let shipped = shop.place(shipped).await;
    shop.change_status(shipped.id(), OrderStatus::Processing).await;
    shop.change_status(shipped.id(), OrderStatus::Shipped).await;
    let network = Some(NetworkHash::from_bytes([7; 32]));
    let login = NewSession { network, ..session(1, shop.customer.id, 0) };
    shop.stores.sessions.open(login).await.unwrap();
    shop
}

/// Checks that the audit finds each damage, and that some damage violates each rule. `find_after`
/// executes the statements on a fresh [`shop`] and returns the findings.
pub async fn assert_each_damage_is_found(
    own: &[Damage],
    find_after: impl AsyncFn(&str) -> Vec<AuditFinding>,
) {
    let mut violated = HashSet::new();
    for (rule, subject, damages) in DAMAGE.iter().chain(own) {
        for damage in *damages {
            assert_found(*rule, subject, damage, &find_after).await;
        }
        violated.insert(*rule);
    }
    assert_eq!(violated, HashSet::from(AuditRule::ALL), "each rule is violated at least once");
}

/// Checks that the audit finds each dangling reference.
pub async fn assert_each_dangling_reference_is_found(
    dangling: impl IntoIterator<Item = (&'static str, &'static str)>,
    find_after: impl AsyncFn(&str) -> Vec<AuditFinding>,
) {
    for (subject, damage) in dangling {
        assert_found(AuditRule::ReferencesHold, subject, damage, &find_after).await;
    }
}

async fn assert_found(
    rule: AuditRule,
    subject: &str,
    damage: &str,
    find_after: &impl AsyncFn(&str) -> Vec<AuditFinding>,
) {
    let findings = find_after(damage).await;
    let expected = AuditFinding { rule, subject: subject.to_owned() };
    assert!(findings.contains(&expected), "{damage}: {findings:?}");
}

/// Records the calls of an audit, in order.
#[derive(Default)]
struct CallLog(Vec<String>);

impl AuditObserver for CallLog {
    fn checking(&mut self, rule: AuditRule) {
        self.0.push(format!("checking {rule:?}"));
    }

    fn found(&mut self, finding: AuditFinding) {
        self.0.push(format!("found {}", finding.subject));
    }
}

/// Checks that findings are reported while their rule is checked. The stock of the product 1 must
/// have been raised past the constraints.
pub async fn assert_findings_come_with_their_rule(auditor: &dyn Auditor) {
    let mut log = CallLog::default();
    auditor.audit(&mut log).await.unwrap();
    assert_eq!(
        log.0[..3],
        ["checking StockEqualsMovements", "found product 1", "checking BalancesAreConsecutive"]
    );
    let found = log.0.iter().filter(|entry| entry.starts_with("found"));
    assert_eq!(found.count(), 2, "the last balance differs from the stock as well: {:?}", log.0);
    assert_eq!(log.0.len(), AuditRule::ALL.len() + 2);
}
