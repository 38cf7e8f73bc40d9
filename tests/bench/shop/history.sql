-- The stock movements, the journal, and its subscriptions, which have delivered all of it.

-- One transition a day. Customers cancel their orders; staff make all other transitions.
CREATE TEMPORARY TABLE transitions ON COMMIT DROP AS
    SELECT id AS order_id, user_id, placed_at + number * interval '1 day' AS at, number,
           ('{pending,processing,shipped}'::text[])[number] AS old_status,
           CASE WHEN cancelled THEN 'cancelled' ELSE ('{processing,shipped,delivered}'::text[])[number] END AS new_status,
           CASE WHEN cancelled THEN user_id ELSE 1 END AS changed_by
    FROM generated_orders CROSS JOIN generate_series(1, 3) AS number
    WHERE number <= transition_count;

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

-- Amounts and products, as the program writes them into events.
CREATE FUNCTION pg_temp.amount(minor numeric) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
    $$SELECT to_char(minor / 100.0, 'FM999999999999999990.00')$$;
CREATE FUNCTION pg_temp.product_state(price bigint, stock bigint, version bigint) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql AS
    $$SELECT format('{"price":"%s","stock":%s,"version":%s}', pg_temp.amount(price), stock, version)$$;

-- What was ordered, as the program writes it into the event. Free-form orders have no lines.
CREATE TEMPORARY TABLE ordered ON COMMIT DROP AS
    SELECT order_id, sum(quantity) AS quantity, sum(quantity * unit_price) AS total,
           string_agg(format('[%s,%s,"%s"]', product_id, quantity, pg_temp.amount(unit_price)), ','
                      ORDER BY position) AS lines
    FROM order_lines GROUP BY order_id;
ANALYZE ordered;

-- First accounts and products, then everything else in the order of time, as numbers of events are
-- drawn. Each version of a product has an event: its creation, the damage, and its deletion.
INSERT INTO events (order_id, product_id, account_id, actor, at, type, data)
    SELECT order_id, product_id, account_id, actor, at, type, data::json
    FROM (
        SELECT 1 AS part, 0 AS number, NULL::bigint AS order_id, NULL::bigint AS product_id, id AS account_id,
               id AS actor, created_at AS at, 'account.registered' AS type, '{}' AS data
        FROM users
        UNION ALL
        SELECT 2, 1, NULL, id, NULL, 1, created_at, 'product.created',
               pg_temp.product_state(price, stock + coalesce(sold_units + damaged_units, 0), 1)
        FROM products LEFT JOIN sales ON product_id = id
        UNION ALL
        SELECT 3, 2, NULL, id, NULL, 1, '2026-01-01 00:00:00Z', 'product.changed', pg_temp.product_state(price, stock, 2)
        FROM products JOIN sales ON product_id = id WHERE damaged_units > 0
        UNION ALL
        SELECT 3, version, NULL, id, NULL, 1, deleted_at, 'product.deleted', pg_temp.product_state(price, stock, version)
        FROM products WHERE deleted_at IS NOT NULL
        UNION ALL
        SELECT 3, 0, id, NULL, user_id, user_id, placed_at, 'order.placed',
               format('{"currency":"EUR","lines":[%s],"quantity":%s,"total":"%s"}', lines, coalesce(quantity, units),
                      pg_temp.amount(coalesce(total, 0)))
        FROM generated_orders LEFT JOIN ordered ON order_id = id
        UNION ALL
        SELECT 3, number, order_id, NULL, user_id, changed_by, at, 'order.status_changed',
               format('{"from":"%s","to":"%s"}', old_status, new_status)
        FROM transitions) AS happened
    ORDER BY part, at, number, coalesce(account_id, product_id), order_id;

INSERT INTO subscriptions (name, position)
    SELECT name, (SELECT max(id) FROM events) FROM (VALUES ('log'), ('mail'), ('stream')) AS known (name);
