SET LOCAL lock_timeout = '5s';

CREATE FUNCTION name_pieces(name text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT array_agg(substr(name, place, letters))
    FROM generate_series(1, length(name)) AS place, unnest('{1,2,5}'::int[]) AS letters
$$;
CREATE INDEX products_live_pieces ON products USING gin (name_pieces(name_folded))
    WHERE deleted_at IS NULL;
CREATE INDEX products_live_name ON products USING gin (name_folded gin_trgm_ops)
    WHERE deleted_at IS NULL;
DROP INDEX products_live_search;
DROP INDEX orders_live_search;
CREATE INDEX orders_live_search ON orders
    USING gin (customer_folded gin_trgm_ops, title_folded gin_trgm_ops, (user_id + 0), (id / 65536))
    WHERE deleted_at IS NULL;
DROP FUNCTION pieces;
