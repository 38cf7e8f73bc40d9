-- Searches by parts of six characters, one index a table: parts of three letters are often frequent where a word is
-- rare, and end where a word does.

SET LOCAL lock_timeout = '5s';

-- A text's pieces: six characters from each on, whatever they are, and fewer near its end. So a part of up to six is
-- what a piece begins with, and a longer one has only pieces that the text has too.
CREATE FUNCTION pieces(whole text) RETURNS tsvector IMMUTABLE STRICT PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    found text[] := '{}';
BEGIN
    FOR place IN 1..length(whole) LOOP
        found := found || substr(whole, place, 6);
    END LOOP;
    RETURN array_to_tsvector(found);
END
$$;

-- Both names in one, whose an order is, and its place among all, 65,536 to a group: so a part that is frequent can be
-- looked up among one account's orders alone, or among the newest. What waits to be sorted into the index is looked
-- through by each search, and sorted in by whoever writes when it is full: it is kept short.
CREATE INDEX orders_live_pieces ON orders
    USING gin (pieces(customer_folded || E'\n' || title_folded), (user_id + 0), (id / 65536))
    WITH (gin_pending_list_limit = 512)
    WHERE deleted_at IS NULL;
DROP INDEX orders_live_search;
ALTER INDEX orders_live_pieces RENAME TO orders_live_search;

CREATE INDEX products_live_search ON products USING gin (pieces(name_folded))
    WITH (gin_pending_list_limit = 512)
    WHERE deleted_at IS NULL;
DROP INDEX products_live_pieces;
DROP INDEX products_live_name;
DROP FUNCTION name_pieces;

-- How a search goes about it does not depend on how frequent the server takes its pieces to be, so it need not learn
-- that, which takes long.
ALTER INDEX orders_live_search ALTER COLUMN 1 SET STATISTICS 0;
ALTER INDEX orders_live_search ALTER COLUMN 2 SET STATISTICS 0;
ALTER INDEX orders_live_search ALTER COLUMN 3 SET STATISTICS 0;
ALTER INDEX products_live_search ALTER COLUMN 1 SET STATISTICS 0;
