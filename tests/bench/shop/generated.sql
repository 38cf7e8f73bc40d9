-- Random orders over two years, the latest last. Of a hundred orders, three are free-form, five
-- have two lines, and the others one. Some products are ordered far more often than others.

-- The random values of each order. Those of the customer with many orders are spread evenly.
CREATE TEMPORARY TABLE generated_orders ON COMMIT DROP AS
    SELECT id,
           CASE WHEN id * own / :orders <> (id - 1) * own / :orders THEN 2
                ELSE 3 + floor(pg_temp.chance(id, 50) * (:users - 2))::bigint END AS user_id,
           timestamptz '2024-01-01 00:00:00Z' + id * interval '2 years' / :orders AS placed_at,
           CASE WHEN pg_temp.chance(id, 51) < 0.7 THEN 1 ELSE 2 + floor(pg_temp.chance(id, 52) ^ 4 * 20)::bigint END AS units,
           -- The product of the first line; that of a second line is the next product.
           CASE WHEN kind >= 0.03 THEN 1 + floor(pg_temp.chance(id, 53) ^ 3 * (:products - 1))::bigint END AS product_id,
           kind BETWEEN 0.03 AND 0.08 AS two_lines,
           -- The number of transitions, and whether the last one was the cancellation.
           CASE WHEN progress < 0.35 THEN 0 WHEN progress < 0.6 THEN 1 WHEN progress < 0.75 THEN 2 ELSE 3 END AS transition_count,
           progress BETWEEN 0.35 AND 0.45 AS cancelled
    FROM (
        SELECT id, pg_temp.chance(id, 54) AS kind, pg_temp.chance(id, 55) AS progress, least(:own, :orders)::bigint AS own
        FROM generate_series(1, :orders::bigint) AS id) AS random;
ANALYZE generated_orders;

-- For each product, the number of stock movements, the units that were sold, and the units of
-- cancelled orders. As many units as the latter are damaged in the end, so that the stock was
-- sufficient at any time.
CREATE TEMPORARY TABLE sales ON COMMIT DROP AS
    SELECT product_id, count(*) + count(*) FILTER (WHERE cancelled) + bool_or(cancelled)::int AS movement_count,
           coalesce(sum(quantity) FILTER (WHERE NOT cancelled), 0)::bigint AS sold_units,
           coalesce(sum(quantity) FILTER (WHERE cancelled), 0)::bigint AS damaged_units
    FROM (
        SELECT product_id, units AS quantity, cancelled FROM generated_orders WHERE product_id IS NOT NULL
        UNION ALL
        SELECT product_id + 1, 1, cancelled FROM generated_orders WHERE two_lines) AS lines
    GROUP BY product_id;
ANALYZE sales;
