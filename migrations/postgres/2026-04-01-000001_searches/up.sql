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

-- Parts of products' names, by their pieces of one, two and five characters, whatever these are: a part of one or two
-- has no piece of three letters; and of a longer part, pieces of three are often frequent where those of five are
-- rare, and end where a word does.
CREATE FUNCTION name_pieces(name text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT array_agg(substr(name, place, letters))
    FROM generate_series(1, length(name)) AS place, unnest('{1,2,5}'::int[]) AS letters
$$;
CREATE INDEX products_live_pieces ON products USING gin (name_pieces(name_folded))
    WHERE deleted_at IS NULL;
-- Room for a new version of a row beside the old one, so that a change of stock leaves the indexes alone.
ALTER TABLE products SET (fillfactor = 80);

-- Pages are found in indexes alone, without a look at rows that are known to be visible to all: that has to become
-- known soon, however large the table is.
ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
ALTER TABLE products SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
