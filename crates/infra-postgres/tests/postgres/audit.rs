//! Damage done by hand, past every constraint: the audit names the rule that is broken, and by what.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    StoreError,
    audit::{AuditRule, Auditor as _},
};
use port_contracts::{
    StoreFixture as _,
    auditor::damage::{self, Damage, DamageFixture, LOOSE_ENDS, shop},
};

use crate::fixture::Opened;

/// What the operator's connection forgets before each damage: references, and the triggers that count.
const UNGUARDED: &str = "SET session_replication_role = replica;";

#[async_trait]
impl DamageFixture for Opened {
    async fn damage(&self, statements: &str) {
        let operator = self.database.operator().await;
        operator.batch_execute(&format!("{UNGUARDED} {statements}")).await.unwrap();
    }
}

/// Damage to what other databases keep differently.
const OWN_DAMAGE: [Damage; 7] = [
    (
        AuditRule::StockIsNotNegative,
        "product 1",
        "ALTER TABLE products DROP CONSTRAINT products_stock_check;
         UPDATE products SET stock = -1",
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
];

#[tokio::test]
async fn each_rule_is_found_broken_and_by_what() {
    damage::each_rule_is_found_broken(Opened::fresh, &OWN_DAMAGE).await;
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
    damage::each_loose_end_is_found(Opened::fresh, &[]).await;
}

#[tokio::test]
async fn a_finding_is_told_while_its_rule_is_checked() {
    damage::a_finding_is_told_while_its_rule_is_checked(Opened::fresh().await).await;
}

#[tokio::test]
async fn an_audit_takes_none_of_the_stores_connections_and_leaves_none() {
    let opened = Opened::fresh().await;
    shop(&opened).await;
    assert_eq!(opened.check_books().await, Ok(()));
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
