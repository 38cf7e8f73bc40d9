-- Lists and searches that take no longer in a great shop than in a small one.

SET LOCAL lock_timeout = '5s';

-- Whose an order is, and its place among all, 65,536 to a group, go into the index of parts of names. So a part that
-- is frequent can be looked up among one account's orders alone, or among the newest. Both are expressions, which
-- nothing else is indexed by: who asks by them asks this index. Trusted, as pg_trgm is.
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE INDEX orders_live_search_within ON orders
    USING gin (customer_folded gin_trgm_ops, title_folded gin_trgm_ops, (user_id + 0), (id / 65536))
    WHERE deleted_at IS NULL;
DROP INDEX orders_live_search;
ALTER INDEX orders_live_search_within RENAME TO orders_live_search;

-- Parts of products' names that are too short for pieces of three letters, by their pieces of one and of two.
CREATE FUNCTION short_pieces(name text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT array_agg(substr(name, place, letters))
    FROM generate_series(1, length(name)) AS place, generate_series(1, 2) AS letters
$$;
CREATE INDEX products_live_short_pieces ON products USING gin (short_pieces(name_folded))
    WHERE deleted_at IS NULL;

-- Pages are found in indexes alone, without a look at rows that are known to be visible to all: that has to become
-- known soon, however large the table is.
ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
ALTER TABLE products SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
