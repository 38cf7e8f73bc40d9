-- One order in the schema of lean-schema.sql, as one transaction of one prepared statement.
--
-- Variable: products, the number of products to choose from, at most 1,000.
\set customer random(1, 1000)
\set product random(1, :products)
WITH taken AS (
    UPDATE products SET stock = stock - 1 WHERE id = :product AND stock >= 1 RETURNING id, name, price
), placed AS (
    INSERT INTO orders (user_id, total) SELECT :customer, price FROM taken RETURNING id
), line AS (
    INSERT INTO order_lines (order_id, line_no, product_id, name, unit_price, quantity)
    SELECT placed.id, 1, taken.id, taken.name, taken.price, 1 FROM placed, taken
), entry AS (
    INSERT INTO order_events (order_id, actor, new_status) SELECT id, :customer, 'pending' FROM placed
), message AS (
    INSERT INTO outbox (topic, payload) SELECT 'order.created', jsonb_build_object('id', id) FROM placed
)
SELECT id FROM placed;
