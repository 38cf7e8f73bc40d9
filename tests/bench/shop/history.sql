-- The history of the orders, the stock movements, and the outbox events, all of them delivered.

-- One transition a day. Customers cancel their orders; staff make all other transitions.
CREATE TEMPORARY TABLE transitions ON COMMIT DROP AS
    SELECT id AS order_id, user_id, placed_at + number * interval '1 day' AS at, number,
           ('{pending,processing,shipped}'::text[])[number] AS old_status,
           CASE WHEN cancelled THEN 'cancelled' ELSE ('{processing,shipped,delivered}'::text[])[number] END AS new_status,
           CASE WHEN cancelled THEN user_id ELSE 1 END AS changed_by
    FROM generated_orders CROSS JOIN generate_series(1, 3) AS number
    WHERE number <= transition_count;

INSERT INTO order_events (order_id, changed_by, old_status, new_status, note, created_at)
    SELECT order_id, changed_by, old_status, new_status,
           'Order status changed from ' || upper(old_status) || ' to ' || upper(new_status), at
    FROM transitions ORDER BY order_id, number;

-- The first movement brings in what is left, sold and damaged. Each movement is a revision of its
-- product.
INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
    SELECT product_id, row_number() OVER in_time, kind, delta, sum(delta) OVER in_time, order_id, moved_by, at
    FROM (
        SELECT id AS product_id, 'received' AS kind, stock + coalesce(sold_units + damaged_units, 0) AS delta, NULL::bigint AS order_id, 1 AS moved_by,
               '-infinity'::timestamptz AS sort, created_at AS at
        FROM products LEFT JOIN sales ON sales.product_id = id
        WHERE stock + coalesce(sold_units + damaged_units, 0) > 0
        UNION ALL
        SELECT product_id, 'damaged', -damaged_units, NULL::bigint, 1, 'infinity', '2026-01-01 00:00:00Z' FROM sales WHERE damaged_units > 0
        UNION ALL
        SELECT order_lines.product_id, 'order_placed', -quantity, order_id, user_id, placed_at, placed_at
        FROM order_lines JOIN generated_orders ON generated_orders.id = order_id
        UNION ALL
        SELECT order_lines.product_id, 'order_cancelled', quantity, order_id, user_id, placed_at + interval '1 day',
               placed_at + interval '1 day'
        FROM order_lines JOIN generated_orders ON generated_orders.id = order_id
        WHERE cancelled) AS movements
    WINDOW in_time AS (PARTITION BY product_id ORDER BY sort, order_id);

INSERT INTO outbox (message, order_id, created_at, attempts, next_attempt_at, delivered_at, delivered_to)
    SELECT message::jsonb, order_id, at, 1, at, at, 'mail stream'
    FROM (
        SELECT format('{"event": "account_registered", "user_id": %s}', id) AS message, NULL AS order_id,
               created_at AS at
        FROM users
        UNION ALL
        SELECT format('{"event": "order_placed", "order_id": %s, "user_id": %s}', id, user_id), id, placed_at
        FROM generated_orders
        UNION ALL
        SELECT format('{"event": "order_status_changed", "order_id": %s, "user_id": %s, "changed_by": %s, "from": "%s", "to": "%s"}',
                      order_id, user_id, changed_by, old_status, new_status), order_id, at
        FROM transitions) AS delivered;
