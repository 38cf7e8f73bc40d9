-- Orders and their lines, from the generated values.

INSERT INTO orders (id, user_id, customer_name, item_name, search_text, quantity, currency, status,
                    version, revision, created_at, updated_at)
    SELECT generated_orders.id, user_id, users.name,
           CASE WHEN generated_orders.product_id IS NULL THEN 'Gift voucher ' || pg_temp.rare_word(generated_orders.id, 60) END,
           lower(users.name) || E'\x1f' ||
           CASE WHEN generated_orders.product_id IS NULL THEN 'gift voucher ' || lower(pg_temp.rare_word(generated_orders.id, 60))
                WHEN two_lines THEN products.name_folded || E'\x1f' || second.name_folded
                ELSE products.name_folded END,
           CASE WHEN two_lines THEN units + 1 ELSE units END, 'EUR',
           CASE WHEN cancelled THEN 'cancelled'
                ELSE ('{pending,processing,shipped,delivered}'::text[])[1 + transition_count] END,
           1 + transition_count, 1 + transition_count, placed_at, placed_at + transition_count * interval '1 day'
    FROM generated_orders
    JOIN users ON users.id = user_id
    LEFT JOIN products ON products.id = generated_orders.product_id
    LEFT JOIN products AS second ON two_lines AND second.id = generated_orders.product_id + 1
    ORDER BY generated_orders.id;

INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity)
    SELECT order_id, position, product_id, name, price, quantity
    FROM (
        SELECT id AS order_id, 0 AS position, product_id, units AS quantity FROM generated_orders WHERE product_id IS NOT NULL
        UNION ALL
        SELECT id, 1, product_id + 1, 1 FROM generated_orders WHERE two_lines) AS lines
    JOIN products ON products.id = product_id
    ORDER BY order_id, position;

SELECT setval(pg_get_serial_sequence('users', 'id'), :users),
       setval(pg_get_serial_sequence('products', 'id'), :products),
       setval(pg_get_serial_sequence('orders', 'id'), :orders) \gset generated_
