-- What is drawn at random of orders over two years, the latest last. Of a hundred orders, three are free-form, five have two
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

-- How often each product's stock moves; how many units are gone for good, and how many were back after a while: so many
-- are broken in the end, so that there was enough at any time.
CREATE TEMPORARY TABLE sold ON COMMIT DROP AS
    SELECT product_id, count(*) + count(*) FILTER (WHERE cancelled) + bool_or(cancelled)::int AS moves,
           coalesce(sum(quantity) FILTER (WHERE NOT cancelled), 0)::bigint AS gone,
           coalesce(sum(quantity) FILTER (WHERE cancelled), 0)::bigint AS broken
    FROM (
        SELECT product_id, pieces AS quantity, cancelled FROM drawn WHERE product_id IS NOT NULL
        UNION ALL
        SELECT product_id + 1, 1, cancelled FROM drawn WHERE two_lines) AS lines
    GROUP BY product_id;
ANALYZE sold;
