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
        AuditRule::CountersAreRight => {
            vec![COUNTERS.into(), COUNTERS_OF_ACCOUNTS.into(), COUNTERS_OF_PRODUCTS.into()]
        }
        AuditRule::ReferencesHold => references::queries().map(Cow::Owned).collect(),
    }
}

const STOCK_IS_ITS_MOVEMENTS: &str = "
    SELECT 'product ' || id AS subject FROM products
    LEFT JOIN (SELECT product_id, sum(delta) AS moved FROM stock_movements GROUP BY product_id)
        ON product_id = id
    WHERE stock <> coalesce(moved, 0)";

const BALANCES_ARE_A_CHAIN: &str = "
    SELECT 'product ' || product_id AS subject
    FROM (SELECT product_id, delta, balance,
                 lag(balance, 1, 0) OVER (PARTITION BY product_id ORDER BY id) AS previous
          FROM stock_movements)
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
    WHERE version <> 1 + (SELECT count(*) FROM order_events WHERE order_id = orders.id)";

const STATUS_ENDS_THE_HISTORY: &str = "
    SELECT 'order ' || id AS subject FROM orders
    WHERE status <> coalesce(
        (SELECT new_status FROM order_events WHERE order_id = orders.id ORDER BY id DESC LIMIT 1),
        'pending')";

const LINES_ADD_UP: &str = "
    SELECT 'order ' || id AS subject FROM orders
    WHERE quantity IS NOT CASE WHEN item_name IS NULL
        THEN (SELECT sum(quantity) FROM order_lines WHERE order_id = orders.id)
        ELSE quantity + (SELECT count(*) FROM order_lines WHERE order_id = orders.id) END";

/// Lines on one side, movements on the other, so that neither may lack what the other has.
const STOCK_IS_TAKEN_ONCE: &str = "
    SELECT 'order ' || order_id || ', product ' || product_id AS subject
    FROM (
        SELECT order_id, product_id, quantity AS ordered, 0 AS taken, 0 AS takings, 0 AS back, 0 AS returns
        FROM order_lines
        UNION ALL
        SELECT order_id, product_id, 0,
               iif(kind = 'order_placed', -delta, 0), kind = 'order_placed',
               iif(kind = 'order_cancelled', delta, 0), kind = 'order_cancelled'
        FROM stock_movements WHERE order_id IS NOT NULL
    ) JOIN orders ON orders.id = order_id
    GROUP BY order_id, product_id
    HAVING sum(taken) <> sum(ordered) OR sum(takings) > 1
        OR sum(back) <> iif(status = 'cancelled', sum(ordered), 0) OR sum(returns) > 1";

const ORDERS_ARE_TOLD: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT order_id, count(*) AS told FROM outbox GROUP BY order_id) ON order_id = id
    WHERE version <> coalesce(told, 0)";

const ACCOUNTS_ARE_TOLD: &str = "
    SELECT 'account ' || id AS subject FROM users
    LEFT JOIN (SELECT message ->> 'user_id' AS user_id, count(*) AS told FROM outbox
               WHERE message ->> 'event' = 'account_registered' GROUP BY 1) ON user_id = id
    WHERE coalesce(told, 0) <> 1";

/// Deleted orders count too: their keys stay used.
const KEYS_ARE_USED_ONCE: &str = "
    SELECT 'order ' || max(id) AS subject FROM orders WHERE idempotency_key IS NOT NULL
    GROUP BY user_id, idempotency_key HAVING count(*) > 1";

const ADDRESSES_ARE_UNIQUE: &str = "
    SELECT 'account ' || max(id) AS subject FROM users WHERE deleted_at IS NULL
    GROUP BY email HAVING count(*) > 1";

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
