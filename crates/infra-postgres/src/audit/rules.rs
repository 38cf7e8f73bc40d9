//! The rules as queries: each returns, as `subject`, the rows that break its rule.

use std::borrow::Cow;

use domain::audit::AuditRule;
use infra_sql::audit::{reference_queries, rule_queries};

pub(super) fn queries(rule: AuditRule) -> Vec<Cow<'static, str>> {
    match rule {
        AuditRule::StatusMatchesHistory => vec![STATUS_ENDS_THE_HISTORY.into()],
        AuditRule::CountersAreRight => vec![COUNTERS_ARE_RIGHT.into()],
        AuditRule::ReferencesHold => reference_queries(&[]).map(Cow::Owned).collect(),
        _ => rule_queries(rule).iter().copied().map(Cow::Borrowed).collect(),
    }
}

const STATUS_ENDS_THE_HISTORY: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT DISTINCT ON (order_id) order_id, data ->> 'to' AS new_status FROM events
               WHERE type IN ('order.status_changed', 'order.deleted') AND order_id IS NOT NULL
               ORDER BY order_id DESC, id DESC) AS ends
        ON order_id = id
    WHERE status <> coalesce(new_status, 'pending')";

/// A total is a counter and its changes. As counting never gives less than zero, a negative total
/// is found too.
const COUNTERS_ARE_RIGHT: &str = "
    SELECT 'counter ' || kind || CASE ref WHEN 0 THEN '' ELSE ' of ' || ref END AS subject
    FROM (
        SELECT kind, ref, value FROM counts
        UNION ALL
        SELECT kind, ref, delta FROM count_deltas
        UNION ALL
        SELECT 'users', 0, -count(*) FROM users WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'products', 0, -count(*) FROM products WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'orders.' || status, 0, -count(*) FROM orders WHERE deleted_at IS NULL GROUP BY status
        UNION ALL
        SELECT 'user_orders.' || status, user_id, -count(*) FROM orders
        WHERE deleted_at IS NULL GROUP BY status, user_id
        UNION ALL
        SELECT 'product_orders', product_id, -count(DISTINCT order_id)
        FROM order_lines JOIN orders ON orders.id = order_id
        WHERE deleted_at IS NULL GROUP BY product_id) AS counted
    GROUP BY kind, ref HAVING sum(value) <> 0";
