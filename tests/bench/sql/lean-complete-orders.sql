-- The number of orders of lean-order.sql that have all of their rows.
SELECT count(*) FROM orders
WHERE EXISTS (SELECT FROM order_lines WHERE order_id = orders.id)
  AND EXISTS (SELECT FROM order_events WHERE order_id = orders.id)
  AND (SELECT count(*) FROM outbox) = (SELECT count(*) FROM orders)
