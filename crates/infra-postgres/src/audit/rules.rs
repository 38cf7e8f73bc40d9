//! The rules as queries: each returns, as `subject`, what breaks its rule.

use std::borrow::Cow;

use domain::audit::AuditRule;

use super::references;

/// The queries of a rule. That of histories has none: what follows what is not for SQL to know.
pub(super) fn queries(rule: AuditRule) -> Vec<Cow<'static, str>> {
    let one = |query: &'static str| vec![Cow::Borrowed(query)];
    match rule {
        AuditRule::StockIsItsMovements => one(STOCK_IS_ITS_MOVEMENTS),
        AuditRule::BalancesAreAChain => {
            vec![BALANCES_ARE_A_CHAIN.into(), THE_LAST_BALANCE_IS_THE_STOCK.into()]
        }
        AuditRule::StockIsNotNegative => one(STOCK_IS_NOT_NEGATIVE),
        AuditRule::VersionCountsTheHistory => one(VERSION_COUNTS_THE_HISTORY),
        AuditRule::StatusEndsTheHistory => one(STATUS_ENDS_THE_HISTORY),
        AuditRule::HistoryIsAPath => Vec::new(),
        AuditRule::LinesAddUp => one(LINES_ADD_UP),
        AuditRule::StockIsTakenOnce => one(STOCK_IS_TAKEN_ONCE),
        AuditRule::OrdersAreTold => one(ORDERS_ARE_TOLD),
        AuditRule::AccountsAreTold => one(ACCOUNTS_ARE_TOLD),
        AuditRule::KeysAreUsedOnce => one(KEYS_ARE_USED_ONCE),
        AuditRule::AddressesAreUnique => one(ADDRESSES_ARE_UNIQUE),
        AuditRule::CountersAreRight => one(COUNTERS_ARE_RIGHT),
        AuditRule::ReferencesHold => references::queries().map(Cow::Owned).collect(),
    }
}

const STOCK_IS_ITS_MOVEMENTS: &str = "
    SELECT 'product ' || id AS subject FROM products
    LEFT JOIN (SELECT product_id, sum(delta) AS moved FROM stock_movements GROUP BY product_id) AS moves
        ON product_id = id
    WHERE stock <> coalesce(moved, 0)";

const BALANCES_ARE_A_CHAIN: &str = "
    SELECT 'product ' || product_id AS subject
    FROM (SELECT product_id, delta, balance,
                 lag(balance, 1, 0::bigint) OVER (PARTITION BY product_id ORDER BY id) AS previous
          FROM stock_movements) AS chain
    WHERE balance <> previous + delta";

/// A movement's number is the product's revision that it made: the next one's must be free.
const THE_LAST_BALANCE_IS_THE_STOCK: &str = "
    SELECT 'product ' || products.id AS subject FROM products
    LEFT JOIN (SELECT product_id, max(id) AS newest FROM stock_movements GROUP BY product_id) AS ends
        ON ends.product_id = products.id
    LEFT JOIN stock_movements ON stock_movements.product_id = products.id AND stock_movements.id = newest
    WHERE stock <> coalesce(balance, 0) OR revision < newest";

const STOCK_IS_NOT_NEGATIVE: &str = "
    SELECT 'product ' || id AS subject FROM products WHERE stock < 0";

const VERSION_COUNTS_THE_HISTORY: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT order_id, count(*) AS steps FROM order_events GROUP BY order_id) AS histories
        ON order_id = id
    WHERE version <> 1 + coalesce(steps, 0)";

const STATUS_ENDS_THE_HISTORY: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT DISTINCT ON (order_id) order_id, new_status FROM order_events
               ORDER BY order_id DESC, id DESC) AS ends
        ON order_id = id
    WHERE status <> coalesce(new_status, 'pending')";

const LINES_ADD_UP: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT order_id, sum(quantity) AS pieces FROM order_lines GROUP BY order_id) AS lines
        ON order_id = id
    WHERE pieces IS DISTINCT FROM CASE WHEN item_name IS NULL THEN quantity END";

/// Lines on one side, movements on the other, so that neither may lack what the other has.
const STOCK_IS_TAKEN_ONCE: &str = "
    SELECT 'order ' || order_id || ', product ' || product_id AS subject
    FROM (
        SELECT order_id, product_id, sum(ordered) AS ordered,
               sum(taken) AS taken, count(taken) AS takings, sum(back) AS back, count(back) AS returns
        FROM (
            SELECT order_id, product_id, quantity AS ordered, NULL AS taken, NULL AS back FROM order_lines
            UNION ALL
            SELECT order_id, product_id, NULL,
                   CASE kind WHEN 'order_placed' THEN -delta END,
                   CASE kind WHEN 'order_cancelled' THEN delta END
            FROM stock_movements WHERE order_id IS NOT NULL) AS pieces
        GROUP BY order_id, product_id) AS sums
    JOIN orders ON orders.id = order_id
    WHERE taken IS DISTINCT FROM ordered OR takings > 1
       OR back IS DISTINCT FROM CASE status WHEN 'cancelled' THEN ordered END OR returns > 1";

const ORDERS_ARE_TOLD: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT order_id, count(*) AS told FROM outbox GROUP BY order_id) AS messages ON order_id = id
    WHERE version <> coalesce(told, 0)";

/// Compared as JSON: a message whose account is no number is an account's that does not exist.
const ACCOUNTS_ARE_TOLD: &str = "
    SELECT 'account ' || id AS subject FROM users
    LEFT JOIN (SELECT message -> 'user_id' AS account, count(*) AS told FROM outbox
               WHERE message ->> 'event' = 'account_registered' GROUP BY 1) AS messages
        ON account = to_jsonb(id)
    WHERE coalesce(told, 0) <> 1";

/// Deleted orders count too: their keys stay used.
const KEYS_ARE_USED_ONCE: &str = "
    SELECT 'order ' || max(id) AS subject FROM orders WHERE idempotency_key IS NOT NULL
    GROUP BY user_id, idempotency_key HAVING count(*) > 1";

const ADDRESSES_ARE_UNIQUE: &str = "
    SELECT 'account ' || max(id) AS subject FROM users WHERE deleted_at IS NULL
    GROUP BY email HAVING count(*) > 1";

/// A total is a value and its changes. As there are never fewer rows than none, a total below zero is found too.
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
