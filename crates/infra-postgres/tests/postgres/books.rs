//! What must hold for the books as a whole, seen by an operator: the suites check it after every case.

use tokio_postgres::Client;

/// Each rule, and a query for what breaks it.
const RULES: [(&str, &str); 9] = [
    (
        "a product's stock is the sum of its movements",
        "SELECT 'product ' || id FROM products
         LEFT JOIN (SELECT product_id, sum(delta) AS moved FROM stock_movements GROUP BY product_id) AS m
             ON product_id = id
         WHERE stock <> coalesce(moved, 0)",
    ),
    (
        "an order's version is one more than its history is long",
        "SELECT 'order ' || id FROM orders
         LEFT JOIN (SELECT order_id, count(*) AS steps FROM order_events GROUP BY order_id) AS e ON order_id = id
         WHERE version <> 1 + coalesce(steps, 0)",
    ),
    (
        "an order's history is a path that ends in its status",
        "SELECT 'order ' || id FROM (
             SELECT id, status,
                 (SELECT array_append(array_agg(old_status ORDER BY e.id), o.status) FROM order_events AS e
                  WHERE order_id = o.id) AS came_from,
                 (SELECT 'pending'::text || array_agg(new_status ORDER BY e.id) FROM order_events AS e
                  WHERE order_id = o.id) AS came_to
             FROM orders AS o) AS path
         WHERE CASE WHEN came_from IS NULL THEN status <> 'pending' ELSE came_from <> came_to END",
    ),
    (
        "an order without an item has lines, and its quantity is the sum of its pieces",
        "SELECT 'order ' || id FROM orders
         LEFT JOIN (SELECT order_id, sum(quantity) AS pieces FROM order_lines GROUP BY order_id) AS l
             ON order_id = id
         WHERE (item_name IS NULL) <> (pieces IS NOT NULL) OR quantity <> coalesce(pieces, quantity)",
    ),
    (
        "an open or shipped order's pieces are taken once, a cancelled one's are back",
        "SELECT 'order ' || o.id || ', product ' || l.product_id
         FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
         GROUP BY o.id, l.product_id
         HAVING coalesce(
             (SELECT sum(delta) FROM stock_movements AS m
              WHERE m.order_id = o.id AND m.product_id = l.product_id), 0)
             <> CASE o.status WHEN 'cancelled' THEN 0 ELSE -sum(l.quantity) END",
    ),
    (
        "the outbox has a message for an order's placement and for each of its events",
        "SELECT 'order ' || id FROM orders
         LEFT JOIN (SELECT order_id, count(*) AS told FROM outbox GROUP BY order_id) AS t ON order_id = id
         WHERE version <> coalesce(told, 0)",
    ),
    (
        "the outbox has a message for each account",
        "SELECT 'account ' || id FROM users
         LEFT JOIN (SELECT (message ->> 'user_id')::bigint AS user_id, count(*) AS told FROM outbox
                    WHERE message ->> 'event' = 'account_registered' GROUP BY 1) AS t ON user_id = id
         WHERE coalesce(told, 0) <> 1",
    ),
    (
        "an erased account's sessions are over and its name is gone",
        "SELECT 'account ' || u.id FROM users AS u WHERE u.deleted_at IS NOT NULL AND (
             EXISTS (SELECT FROM sessions AS s WHERE s.user_id = u.id AND s.revoked_at IS NULL)
             OR EXISTS (SELECT FROM orders AS o WHERE o.user_id = u.id AND o.item_name IS NULL
                        AND o.customer_name <> 'Deleted user'))",
    ),
    (
        "a count is the number of rows it counts",
        "SELECT kind || ' of ' || ref FROM (
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
         GROUP BY kind, ref HAVING sum(value) <> 0",
    ),
];

/// Everything that does not add up.
pub(crate) async fn findings(operator: &Client) -> Vec<String> {
    let mut findings = Vec::new();
    for (rule, query) in RULES {
        let rows = operator.query(query, &[]).await.unwrap();
        findings.extend(rows.iter().map(|row| format!("{rule}: {}", row.get::<_, &str>(0))));
    }
    findings
}
