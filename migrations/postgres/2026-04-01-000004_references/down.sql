SET LOCAL lock_timeout = '5s';

ALTER TABLE outbox
    ADD CONSTRAINT outbox_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
DROP TRIGGER outbox_refer_for_good ON outbox;
DROP TRIGGER outbox_refer ON outbox;
DROP FUNCTION outbox_refer;

ALTER TABLE stock_movements
    ADD CONSTRAINT stock_movements_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    ADD CONSTRAINT stock_movements_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    ADD CONSTRAINT stock_movements_moved_by_fkey FOREIGN KEY (moved_by) REFERENCES users (id);
DROP TRIGGER stock_movements_refer_for_good ON stock_movements;
DROP TRIGGER stock_movements_refer ON stock_movements;
DROP FUNCTION stock_movements_refer;

ALTER TABLE order_lines
    ADD CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    ADD CONSTRAINT order_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id);
DROP TRIGGER order_lines_refer_for_good ON order_lines;
DROP TRIGGER order_lines_refer ON order_lines;
DROP FUNCTION order_lines_refer;

ALTER TABLE orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
DROP TRIGGER orders_refer_for_good ON orders;
DROP TRIGGER orders_refer ON orders;
DROP FUNCTION orders_refer;

DROP FUNCTION refuse_reference;
DROP FUNCTION refuse_to_refer_elsewhere;
DROP TRIGGER orders_stay ON orders;
DROP TRIGGER products_stay ON products;
DROP TRIGGER users_stay ON users;
DROP FUNCTION refuse_to_remove;
