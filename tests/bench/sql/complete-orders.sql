-- The number of orders that have all of their rows: the line, the stock movement, and the event in
-- the journal.
SELECT count(*) FROM orders
WHERE EXISTS (SELECT FROM order_lines WHERE order_id = orders.id)
  AND EXISTS (SELECT FROM stock_movements WHERE order_id = orders.id AND kind = 'order_placed' AND delta = -1)
  AND EXISTS (SELECT FROM events WHERE order_id = orders.id AND type = 'order.placed')
