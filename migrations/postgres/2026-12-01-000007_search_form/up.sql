-- The forms of names that searches compare, and the forms of email addresses, have new rules. The
-- program computes them, so it rewrites the existing rows after the migrations.

CREATE TABLE backfills (
    -- The table and the column.
    name    text   COLLATE "C" NOT NULL PRIMARY KEY,
    -- The greatest id that is rewritten.
    last_id bigint NOT NULL
);
COMMENT ON TABLE backfills IS
    'Columns that the program has to rewrite, in chunks by ascending id, each in its own transaction; an interrupted '
    'run continues. A row is removed when its column is rewritten. A database with rows here is not opened.';

INSERT INTO backfills (name, last_id)
    SELECT 'products.name_folded', 0 WHERE EXISTS (SELECT FROM products)
    UNION ALL
    SELECT 'orders.search_text', 0 WHERE EXISTS (SELECT FROM orders)
    UNION ALL
    SELECT 'users.email', 0 WHERE EXISTS (SELECT FROM users);
