-- Orders and their lines, over two years, the latest last. Of a hundred orders, three are free-form, five have two
-- lines, and the others one. Some products are ordered far more often than others.

-- What is drawn for each order. The customer with many comes at even steps.
CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
    SELECT id,
           CASE WHEN id * own / :orders <> (id - 1) * own / :orders THEN 2
                ELSE 3 + floor(pg_temp.chance(id, 50) * (:users - 2))::bigint END AS user_id,
           timestamptz '2024-01-01 00:00:00Z' + id * interval '2 years' / :orders AS placed_at,
           CASE WHEN pg_temp.chance(id, 51) < 0.7 THEN 1 ELSE 2 + floor(pg_temp.chance(id, 52) ^ 4 * 20)::bigint END AS pieces,
           -- The first product; the second, if any, is the next one.
           CASE WHEN kind >= 0.03 THEN 1 + floor(pg_temp.chance(id, 53) ^ 3 * (:products - 1))::bigint END AS product_id,
           kind BETWEEN 0.03 AND 0.08 AS two_lines,
           -- How many steps it has made, and whether the last was a cancellation.
           CASE WHEN progress < 0.35 THEN 0 WHEN progress < 0.6 THEN 1 WHEN progress < 0.75 THEN 2 ELSE 3 END AS steps,
           progress BETWEEN 0.35 AND 0.45 AS cancelled
    FROM (
        SELECT id, pg_temp.chance(id, 54) AS kind, pg_temp.chance(id, 55) AS progress, least(:own, :orders)::bigint AS own
        FROM generate_series(1, :orders::bigint) AS id) AS thrown;
ANALYZE drawn;

INSERT INTO orders (id, user_id, customer_name, customer_folded, item_name, title_folded, quantity, currency, status,
                    version, revision, created_at, updated_at)
    SELECT drawn.id, user_id, users.name, lower(users.name),
           CASE WHEN drawn.product_id IS NULL THEN 'Gift voucher ' || pg_temp.rare_word(drawn.id, 60) END,
           CASE WHEN drawn.product_id IS NULL THEN 'gift voucher ' || lower(pg_temp.rare_word(drawn.id, 60))
                WHEN two_lines THEN name_folded || ' (+1 more)' ELSE name_folded END,
           CASE WHEN two_lines THEN pieces + 1 ELSE pieces END, 'EUR',
           CASE WHEN cancelled THEN 'cancelled'
                ELSE ('{pending,processing,shipped,delivered}'::text[])[1 + steps] END,
           1 + steps, 1 + steps, placed_at, placed_at + steps * interval '1 day'
    FROM drawn
    JOIN users ON users.id = user_id
    LEFT JOIN products ON products.id = drawn.product_id
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
