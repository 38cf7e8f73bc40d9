-- Checks that the database is empty and drops the secondary indexes; create_indexes.sql creates
-- them again.

DO $$
BEGIN
    IF EXISTS (SELECT FROM users) OR EXISTS (SELECT FROM products) OR EXISTS (SELECT FROM orders) THEN
        RAISE EXCEPTION 'the database is not empty';
    END IF;
END $$;

-- The triggers that keep rows are off, as all others, in a session that is a replica. order_events
-- and outbox are left over from before there was a journal.
TRUNCATE users, login_networks, sessions, products, orders, order_lines, order_events, stock_movements, outbox, events,
    subscriptions, parked_events, counts, count_deltas RESTART IDENTITY;

-- All indexes that belong to no constraint, so that those of later migrations are included.
CREATE TEMPORARY TABLE dropped_indexes ON COMMIT DROP AS
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index
    JOIN pg_class AS of ON of.oid = indrelid
    WHERE of.relnamespace = 'public'::regnamespace AND of.relname <> '__diesel_schema_migrations'
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);

CREATE TEMPORARY TABLE statistics_targets ON COMMIT DROP AS
    SELECT name, attnum, attstattarget
    FROM dropped_indexes
    JOIN pg_attribute ON attrelid = name::regclass
    WHERE attstattarget >= 0;

DO $$
DECLARE
    index record;
BEGIN
    FOR index IN SELECT name FROM dropped_indexes LOOP
        EXECUTE format('DROP INDEX %s', index.name);
    END LOOP;
END $$;
