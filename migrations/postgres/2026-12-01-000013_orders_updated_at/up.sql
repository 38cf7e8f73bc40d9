-- For the list by the time of the last change, and its period.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_live_updated_at ON orders (updated_at, id) WHERE deleted_at IS NULL;
