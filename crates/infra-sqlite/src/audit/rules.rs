//! The rules as queries. Each returns, as `subject`, what violates its rule.

use std::borrow::Cow;

use domain::audit::AuditRule;
use infra_sql::audit::{ColumnReference, reference_queries, rule_queries};

pub(super) fn queries(rule: AuditRule) -> Vec<Cow<'static, str>> {
    match rule {
        AuditRule::StatusMatchesHistory => vec![STATUS_ENDS_THE_HISTORY.into()],
        AuditRule::CountersAreRight => {
            vec![COUNTERS.into(), COUNTERS_OF_ACCOUNTS.into(), COUNTERS_OF_PRODUCTS.into()]
        }
        AuditRule::ReferencesHold => {
            reference_queries(&COUNTER_REFERENCES).map(Cow::Owned).collect()
        }
        _ => rule_queries(rule).iter().copied().map(Cow::Borrowed).collect(),
    }
}

/// The references that only this database has. A test compares all references with the schema.
const COUNTER_REFERENCES: [ColumnReference; 2] = [
    ColumnReference::new(
        "user_order_counts",
        "user_id",
        "users",
        "'counter user_orders.' || status || ' of ' || user_id",
    ),
    ColumnReference::new(
        "product_order_counts",
        "product_id",
        "products",
        "'counter product_orders of ' || product_id",
    ),
];

const STATUS_ENDS_THE_HISTORY: &str = "
    SELECT 'order ' || id AS subject FROM orders
    WHERE status <> coalesce(
        (SELECT data ->> 'to' FROM events WHERE order_id = orders.id
            AND type IN ('order.status_changed', 'order.deleted') ORDER BY id DESC LIMIT 1),
        'pending')";

const COUNTERS: &str = "
    SELECT 'counter ' || name AS subject FROM (
        SELECT name, value FROM counters
        UNION ALL
        SELECT 'users', -count(*) FROM users WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'products', -count(*) FROM products WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'orders.' || status, -count(*) FROM orders WHERE deleted_at IS NULL GROUP BY status)
    GROUP BY name HAVING sum(value) <> 0";

const COUNTERS_OF_ACCOUNTS: &str = "
    SELECT 'counter user_orders.' || status || ' of ' || user_id AS subject FROM (
        SELECT user_id, status, value FROM user_order_counts
        UNION ALL
        SELECT user_id, status, -count(*) FROM orders WHERE deleted_at IS NULL GROUP BY user_id, status)
    GROUP BY user_id, status HAVING sum(value) <> 0";

const COUNTERS_OF_PRODUCTS: &str = "
    SELECT 'counter product_orders of ' || product_id AS subject FROM (
        SELECT product_id, value FROM product_order_counts
        UNION ALL
        SELECT product_id, -count(DISTINCT order_id)
        FROM order_lines JOIN orders ON orders.id = order_id
        WHERE deleted_at IS NULL GROUP BY product_id)
    GROUP BY product_id HAVING sum(value) <> 0";

#[cfg(test)]
mod tests {
    use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};
    use infra_sql::audit::{ColumnReference, REFERENCES};

    use super::COUNTER_REFERENCES;
    use crate::{file::DatabaseFile, migrate};

    #[derive(QueryableByName)]
    struct ForeignKeyRow {
        #[diesel(sql_type = Text)]
        description: String,
    }

    #[test]
    fn every_reference_of_the_schema_is_checked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("oms.db");
        migrate(&path).unwrap();
        let mut conn = DatabaseFile::at(&path).unwrap().connect_reader().unwrap();
        let keys = "SELECT tables.name || '.' || \"from\" || ' to ' || \"table\" || '.' || \"to\" AS description
                    FROM sqlite_schema AS tables, pragma_foreign_key_list(tables.name)
                    WHERE tables.type = 'table'";
        let mut of_schema: Vec<String> = sql_query(keys)
            .load::<ForeignKeyRow>(&mut conn)
            .unwrap()
            .into_iter()
            .map(|key| key.description)
            .collect();
        let mut checked: Vec<String> = REFERENCES
            .iter()
            .chain(&COUNTER_REFERENCES)
            .map(|ColumnReference { table, column, parent, key, .. }| {
                format!("{table}.{column} to {parent}.{key}")
            })
            .collect();
        of_schema.sort();
        checked.sort();
        assert_eq!(checked, of_schema);
    }
}
