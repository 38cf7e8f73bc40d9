-- One order, as one transaction of one prepared statement: the minimum that writes every row that
-- the server writes, with the same triggers and constraints.
--
-- Variables: products, the number of products to choose from; customers, the number of accounts
-- after the admin's.
\set product random(1, :products)
\set customer random(1, :customers)
WITH taken AS (
    UPDATE products SET stock = stock - 1, revision = revision + 1, updated_at = now()
    WHERE id = :product AND deleted_at IS NULL AND stock >= 1
    RETURNING id, name, name_folded, price, stock, revision
), placed AS (
    INSERT INTO orders (user_id, customer_name, search_text, quantity, currency, status, version, revision,
        created_at, updated_at)
    SELECT :customer + 1, 'Customer ' || :customer, 'customer ' || :customer || E'\x1f' || name_folded, 1, 'EUR',
        'pending', 1, 1, now(), now()
    FROM taken
    RETURNING id, user_id
), line AS (
    INSERT INTO order_lines (order_id, position, product_id, name, unit_price, quantity)
    SELECT placed.id, 0, taken.id, taken.name, taken.price, 1 FROM placed, taken
), movement AS (
    INSERT INTO stock_movements (product_id, id, kind, delta, balance, order_id, moved_by, at)
    SELECT taken.id, revision, 'order_placed', -1, stock, placed.id, placed.user_id, now() FROM placed, taken
)
INSERT INTO events (order_id, account_id, actor, at, type, data)
SELECT placed.id, placed.user_id, placed.user_id, now(), 'order.placed',
    format('{"currency":"EUR","lines":[[%s,1,"%s"]],"quantity":1,"total":"%2$s"}', taken.id,
        to_char(taken.price / 100.0, 'FM999999990.00'))::json
FROM placed, taken;
