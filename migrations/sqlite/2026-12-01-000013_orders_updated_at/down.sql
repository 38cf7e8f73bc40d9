DROP INDEX orders_live_updated_at;
