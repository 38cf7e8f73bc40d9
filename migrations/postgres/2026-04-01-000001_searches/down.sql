SET LOCAL lock_timeout = '5s';

ALTER TABLE products RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor);
ALTER TABLE orders RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor);
ALTER TABLE products RESET (fillfactor);
DROP INDEX products_live_pieces;
DROP FUNCTION name_pieces;
DROP INDEX orders_live_search;
CREATE INDEX orders_live_search ON orders USING gin (customer_folded gin_trgm_ops, title_folded gin_trgm_ops)
    WHERE deleted_at IS NULL;
