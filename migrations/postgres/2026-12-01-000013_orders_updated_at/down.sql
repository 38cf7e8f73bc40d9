DROP INDEX IF EXISTS orders_live_updated_at;
