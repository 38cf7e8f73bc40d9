-- The extension stays: other tables may use it, and creating it again may need other privileges.
DROP TABLE order_events;
DROP TABLE order_lines;
DROP TABLE orders;
DROP TRIGGER products_stay ON products;
DROP TRIGGER users_stay ON users;
DROP FUNCTION order_lines_refer;
DROP FUNCTION orders_refer;
DROP FUNCTION refuse_reference;
DROP FUNCTION refuse_to_refer_elsewhere;
DROP FUNCTION refuse_to_remove;
