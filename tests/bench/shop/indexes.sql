-- Puts the indexes back that empty.sql took away.

DO $$
DECLARE
    index record;
BEGIN
    FOR index IN SELECT definition FROM taken_away LOOP
        EXECUTE index.definition;
    END LOOP;
END $$;
