-- Creates the indexes that drop_indexes.sql dropped, with their statistics targets.

DO $$
DECLARE
    index record;
    target record;
BEGIN
    FOR index IN SELECT name, definition FROM dropped_indexes LOOP
        EXECUTE index.definition;
        FOR target IN SELECT attnum, attstattarget FROM statistics_targets WHERE statistics_targets.name = index.name LOOP
            EXECUTE format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', index.name, target.attnum,
                           target.attstattarget);
        END LOOP;
    END LOOP;
END $$;
