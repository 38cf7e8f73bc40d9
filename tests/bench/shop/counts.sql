-- The counts that triggers maintain otherwise, computed as in the migration that created them.

INSERT INTO counts (kind, ref, value)
    SELECT 'users', 0, count(*) FROM users WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'products', 0, count(*) FROM products WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'orders.' || status, 0, count(*) FROM orders WHERE deleted_at IS NULL GROUP BY status
    UNION ALL
    SELECT 'user_orders.' || status, user_id, count(*)
    FROM orders WHERE deleted_at IS NULL GROUP BY user_id, status
    UNION ALL
    SELECT 'product_orders', product_id, count(DISTINCT order_id)
    FROM order_lines JOIN orders ON orders.id = order_id
    WHERE deleted_at IS NULL GROUP BY product_id;
