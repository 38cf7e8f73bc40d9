-- For the list by the time of the last change, and its period. Like all indexes it ends with the
-- rowid, which is the id.
CREATE INDEX orders_live_updated_at ON orders (updated_at) WHERE deleted_at IS NULL;
