DROP TABLE stock_movements;
DROP TABLE order_events;
DROP TABLE order_lines;
DROP TABLE orders;
