-- What goes with orders: their histories, the movements of stock, and the messages, all delivered long ago.

-- A step a day. An order is cancelled by its customer, and moved on by staff.
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT id AS order_id, user_id, placed_at + step * interval '1 day' AS at, step,
           ('{pending,processing,shipped}'::text[])[step] AS old_status,
           CASE WHEN cancelled THEN 'cancelled' ELSE ('{processing,shipped,delivered}'::text[])[step] END AS new_status,
           CASE WHEN cancelled THEN user_id ELSE 1 END AS changed_by
    FROM drawn CROSS JOIN generate_series(1, 3) AS step
    WHERE step <= steps;

INSERT INTO order_events (order_id, changed_by, old_status, new_status, note, created_at)
    SELECT order_id, changed_by, old_status, new_status,
           'Order status changed from ' || upper(old_status) || ' to ' || upper(new_status), at
    FROM made ORDER BY order_id, step;

-- What came in at first is what is left, what has gone and what is broken. Each movement is a revision of its product.
INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
    SELECT product_id, row_number() OVER in_time, kind, delta, sum(delta) OVER in_time, order_id, moved_by, at
    FROM (
        SELECT id AS product_id, 'received' AS kind, stock + coalesce(gone + broken, 0) AS delta, NULL::bigint AS order_id, 1 AS moved_by,
               '-infinity'::timestamptz AS sort, created_at AS at
        FROM products LEFT JOIN sold ON sold.product_id = id
        WHERE stock + coalesce(gone + broken, 0) > 0
        UNION ALL
        SELECT product_id, 'damaged', -broken, NULL::bigint, 1, 'infinity', '2026-01-01 00:00:00Z' FROM sold WHERE broken > 0
        UNION ALL
        SELECT order_lines.product_id, 'order_placed', -quantity, order_id, user_id, placed_at, placed_at
        FROM order_lines JOIN drawn ON drawn.id = order_id
        UNION ALL
        SELECT order_lines.product_id, 'order_cancelled', quantity, order_id, user_id, placed_at + interval '1 day',
               placed_at + interval '1 day'
        FROM order_lines JOIN drawn ON drawn.id = order_id
        WHERE cancelled) AS moved
    WINDOW in_time AS (PARTITION BY product_id ORDER BY sort, order_id);

INSERT INTO outbox (message, order_id, created_at, attempts, next_attempt_at, delivered_at, delivered_to)
    SELECT message::jsonb, order_id, at, 1, at, at, 'mail stream'
    FROM (
        SELECT format('{"event": "account_registered", "user_id": %s}', id) AS message, NULL AS order_id,
               created_at AS at
        FROM users
        UNION ALL
        SELECT format('{"event": "order_placed", "order_id": %s, "user_id": %s}', id, user_id), id, placed_at
        FROM drawn
        UNION ALL
        SELECT format('{"event": "order_status_changed", "order_id": %s, "user_id": %s, "changed_by": %s, "from": "%s", "to": "%s"}',
                      order_id, user_id, changed_by, old_status, new_status), order_id, at
        FROM made) AS told;
