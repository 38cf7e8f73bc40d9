-- The forms of names that searches compare, and the forms of email addresses, have new rules. The
-- program computes them, so it rewrites the existing rows after the migrations.

-- Columns that the program has to rewrite, one row each: in chunks by ascending id, each in its own
-- transaction, so that an interrupted run continues where it stopped. A row is removed when its
-- column is rewritten, so this table is empty otherwise. The program does not open a database that
-- has rows here.
CREATE TABLE backfills (
    -- The table and the column.
    name    TEXT    NOT NULL PRIMARY KEY,
    -- The greatest id that is rewritten.
    last_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO backfills (name, last_id)
    SELECT 'products.name_folded', 0 WHERE EXISTS (SELECT 1 FROM products)
    UNION ALL
    SELECT 'orders.search_text', 0 WHERE EXISTS (SELECT 1 FROM orders)
    UNION ALL
    SELECT 'users.email', 0 WHERE EXISTS (SELECT 1 FROM users);
