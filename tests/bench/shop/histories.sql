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

-- What was there at first is what is left and what has gone.
INSERT INTO stock_movements (product_id, delta, reason, moved_by, at)
    SELECT id, stock + coalesce(gone, 0), 'initial', 1, created_at
    FROM products
    LEFT JOIN (
        SELECT order_lines.product_id, sum(quantity) AS gone
        FROM order_lines JOIN drawn ON drawn.id = order_id
        WHERE NOT cancelled
        GROUP BY order_lines.product_id) AS sold ON product_id = id
    WHERE stock + coalesce(gone, 0) > 0;

INSERT INTO stock_movements (product_id, delta, reason, order_id, moved_by, at)
    SELECT order_lines.product_id, -quantity, 'placement', order_id, user_id, placed_at
    FROM order_lines JOIN drawn ON drawn.id = order_id
    UNION ALL
    SELECT order_lines.product_id, quantity, 'return', order_id, user_id, placed_at + interval '1 day'
    FROM order_lines JOIN drawn ON drawn.id = order_id
    WHERE cancelled;

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
