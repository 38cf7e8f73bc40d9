-- Orders and their lines, as they were drawn.

INSERT INTO orders (id, user_id, customer_name, item_name, search_text, quantity, currency, status,
                    version, revision, created_at, updated_at)
    SELECT drawn.id, user_id, users.name,
           CASE WHEN drawn.product_id IS NULL THEN 'Gift voucher ' || pg_temp.rare_word(drawn.id, 60) END,
           lower(users.name) || E'\x1f' ||
           CASE WHEN drawn.product_id IS NULL THEN 'gift voucher ' || lower(pg_temp.rare_word(drawn.id, 60))
                WHEN two_lines THEN products.name_folded || E'\x1f' || second.name_folded
                ELSE products.name_folded END,
           CASE WHEN two_lines THEN pieces + 1 ELSE pieces END, 'EUR',
           CASE WHEN cancelled THEN 'cancelled'
                ELSE ('{pending,processing,shipped,delivered}'::text[])[1 + steps] END,
           1 + steps, 1 + steps, placed_at, placed_at + steps * interval '1 day'
    FROM drawn
    JOIN users ON users.id = user_id
    LEFT JOIN products ON products.id = drawn.product_id
    LEFT JOIN products AS second ON two_lines AND second.id = drawn.product_id + 1
    ORDER BY drawn.id;

INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity)
    SELECT order_id, position, product_id, name, price, quantity
    FROM (
        SELECT id AS order_id, 0 AS position, product_id, pieces AS quantity FROM drawn WHERE product_id IS NOT NULL
        UNION ALL
        SELECT id, 1, product_id + 1, 1 FROM drawn WHERE two_lines) AS wanted
    JOIN products ON products.id = product_id
    ORDER BY order_id, position;

SELECT setval(pg_get_serial_sequence('users', 'id'), :users),
       setval(pg_get_serial_sequence('products', 'id'), :products),
       setval(pg_get_serial_sequence('orders', 'id'), :orders) \gset drawn_
