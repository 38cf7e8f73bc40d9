-- How many orders have all that belongs to one: its line, the movement of stock, and the message.
SELECT count(*) FROM orders
WHERE EXISTS (SELECT FROM order_lines WHERE order_id = orders.id)
  AND EXISTS (SELECT FROM stock_movements WHERE order_id = orders.id AND kind = 'order_placed' AND delta = -1)
  AND EXISTS (SELECT FROM outbox WHERE order_id = orders.id)
