-- Puts the indexes back that empty.sql took away, and how much the server is to learn of what they hold.

DO $$
DECLARE
    index record;
    learned record;
BEGIN
    FOR index IN SELECT name, definition FROM taken_away LOOP
        EXECUTE index.definition;
        FOR learned IN SELECT attnum, attstattarget FROM learned_of WHERE learned_of.name = index.name LOOP
            EXECUTE format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', index.name, learned.attnum,
                           learned.attstattarget);
        END LOOP;
    END LOOP;
END $$;
