//! The rules as queries. Each returns, as `subject`, what violates its rule.

use domain::audit::AuditRule;

/// The queries of a rule that run on every database. Empty for rules that each adapter checks with
/// its own SQL, and for the rule about histories, which the domain checks.
pub const fn rule_queries(rule: AuditRule) -> &'static [&'static str] {
    match rule {
        AuditRule::StockEqualsMovements => &[STOCK_IS_ITS_MOVEMENTS],
        AuditRule::BalancesAreConsecutive => &[BALANCES_ARE_A_CHAIN, THE_LAST_BALANCE_IS_THE_STOCK],
        AuditRule::StockIsNotNegative => &[STOCK_IS_NOT_NEGATIVE],
        AuditRule::VersionCountsTheHistory => &[VERSION_COUNTS_THE_HISTORY],
        AuditRule::LinesAddUp => &[LINES_ADD_UP],
        AuditRule::StockIsTakenOnce => &[STOCK_IS_TAKEN_ONCE],
        AuditRule::OrdersHaveEvents => &[ORDERS_ARE_IN_THE_JOURNAL],
        AuditRule::AccountsHaveEvents => {
            &[ACCOUNTS_ARE_IN_THE_JOURNAL, ACCOUNTS_END_IN_THE_JOURNAL]
        }
        AuditRule::ProductsHaveEvents => &[PRODUCTS_ARE_IN_THE_JOURNAL],
        AuditRule::PositionsAreInTheJournal => {
            &[POSITIONS_ARE_IN_THE_JOURNAL, PARKED_EVENTS_ARE_PASSED]
        }
        AuditRule::KeysAreUsedOnce => &[KEYS_ARE_USED_ONCE],
        AuditRule::AddressesAreUnique => &[ADDRESSES_ARE_UNIQUE],
        AuditRule::StatusMatchesHistory
        | AuditRule::HistoryIsValid
        | AuditRule::CountersAreRight
        | AuditRule::ReferencesHold => &[],
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
                 lag(balance, 1, CAST(0 AS bigint)) OVER (PARTITION BY product_id ORDER BY id) AS previous
          FROM stock_movements) AS chain
    WHERE balance <> previous + delta";

/// A movement's id is the product's revision after it. So the current revision must not be less
/// than the newest id, or the id of the next movement could be in use.
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
    LEFT JOIN (SELECT order_id, count(*) AS entries FROM events
               WHERE type IN ('order.status_changed', 'order.deleted') GROUP BY order_id) AS histories
        ON order_id = id
    WHERE version <> 1 + coalesce(entries, 0)";

const LINES_ADD_UP: &str = "
    SELECT 'order ' || id AS subject FROM orders
    LEFT JOIN (SELECT order_id, sum(quantity) AS ordered FROM order_lines GROUP BY order_id) AS lines
        ON order_id = id
    WHERE ordered IS DISTINCT FROM CASE WHEN item_name IS NULL THEN quantity END";

/// Compares lines with movements in both directions, and so finds lines without a movement and
/// movements without a line.
const STOCK_IS_TAKEN_ONCE: &str = "
    SELECT 'order ' || order_id || ', product ' || product_id AS subject
    FROM (
        SELECT order_id, product_id, sum(ordered) AS ordered,
               sum(taken) AS taken, count(taken) AS takings,
               sum(restocked) AS restocked, count(restocked) AS restocks
        FROM (
            SELECT order_id, product_id, quantity AS ordered, NULL AS taken, NULL AS restocked FROM order_lines
            UNION ALL
            SELECT order_id, product_id, NULL,
                   CASE kind WHEN 'order_placed' THEN -delta END,
                   CASE kind WHEN 'order_cancelled' THEN delta END
            FROM stock_movements WHERE order_id IS NOT NULL) AS units
        GROUP BY order_id, product_id) AS sums
    JOIN orders ON orders.id = order_id
    WHERE taken IS DISTINCT FROM ordered OR takings > 1
       OR restocked IS DISTINCT FROM CASE status WHEN 'cancelled' THEN ordered END OR restocks > 1";

const ORDERS_ARE_IN_THE_JOURNAL: &str = "
    SELECT 'order ' || orders.id AS subject FROM orders
    LEFT JOIN (SELECT order_id, count(*) FILTER (WHERE type = 'order.placed') AS placements,
                      min(id) AS first, min(id) FILTER (WHERE type = 'order.placed') AS placement
               FROM events WHERE order_id IS NOT NULL GROUP BY order_id) AS happened
        ON order_id = orders.id
    WHERE placements IS DISTINCT FROM 1 OR first <> placement";

const ACCOUNTS_ARE_IN_THE_JOURNAL: &str = "
    SELECT 'account ' || users.id AS subject FROM users
    LEFT JOIN (SELECT account_id, count(*) AS registrations FROM events
               WHERE type = 'account.registered' GROUP BY account_id) AS happened
        ON account_id = users.id
    WHERE registrations IS DISTINCT FROM 1";

/// An account that was deleted before there was a journal has no event of its end.
const ACCOUNTS_END_IN_THE_JOURNAL: &str = "
    SELECT 'account ' || users.id AS subject FROM users
    JOIN (SELECT account_id, count(*) AS ends FROM events
          WHERE type = 'account.closed' GROUP BY account_id) AS happened
        ON account_id = users.id
    WHERE ends <> 1 OR deleted_at IS NULL";

/// A product that was created before there was a journal has no event of its creation.
const PRODUCTS_ARE_IN_THE_JOURNAL: &str = "
    SELECT 'product ' || products.id AS subject FROM products
    JOIN (SELECT product_id, count(*) AS changes,
                 count(*) FILTER (WHERE type = 'product.created') AS creations
          FROM events WHERE product_id IS NOT NULL GROUP BY product_id) AS happened
        ON product_id = products.id
    WHERE creations > 1 OR (creations = 1 AND changes <> version)";

const POSITIONS_ARE_IN_THE_JOURNAL: &str = "
    SELECT 'subscription ' || name AS subject FROM subscriptions
    WHERE position > (SELECT coalesce(max(id), 0) FROM events)";

/// An event that is parked is behind the position, or among those that were passed ahead of it.
const PARKED_EVENTS_ARE_PASSED: &str = "
    SELECT 'event ' || event_id || ' parked by ' || subscription AS subject FROM parked_events
    JOIN subscriptions ON name = subscription
    WHERE event_id > position AND ' ' || ahead || ' ' NOT LIKE '% ' || event_id || ' %'";

/// Includes deleted orders: their keys stay in use.
const KEYS_ARE_USED_ONCE: &str = "
    SELECT 'order ' || max(id) AS subject FROM orders WHERE idempotency_key IS NOT NULL
    GROUP BY user_id, idempotency_key HAVING count(*) > 1";

const ADDRESSES_ARE_UNIQUE: &str = "
    SELECT 'account ' || max(id) AS subject FROM users WHERE deleted_at IS NULL
    GROUP BY email HAVING count(*) > 1";
