-- What orders, their lines, movements of stock and messages refer to is checked for all rows of a statement at once.
--
-- A foreign key looks each row's references up by themselves, and locks what it finds: half of the server's work for an
-- order. The locks are there in case somebody removes what is referred to. Here nobody can: accounts, products and
-- orders keep their rows and numbers for good, which is a rule of its own below. So what was there once is there, and a
-- look without a lock will do. What breaks a rule is refused as by a foreign key (23503, 23001), by the same name.

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION refuse_to_remove() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = format('%s keeps its rows, and these their numbers', TG_TABLE_NAME), TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER users_stay BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON users
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_remove();
CREATE TRIGGER products_stay BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON products
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_remove();
CREATE TRIGGER orders_stay BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON orders
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_remove();

CREATE FUNCTION refuse_to_refer_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = format('%s refers to what it was made for', TG_TABLE_NAME), TABLE = TG_TABLE_NAME;
END $$;

-- Of a row that refers to nothing. Each reference is looked up by itself: OFFSET 0 keeps that from becoming a join that
-- reads all there is.
CREATE FUNCTION refuse_reference(of_table text, of_column text, number bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation USING
        MESSAGE = format('%s.%s refers to %s, which is not there', of_table, of_column, number),
        TABLE = of_table, COLUMN = of_column, CONSTRAINT = format('%s_%s_fkey', of_table, of_column);
END $$;

CREATE FUNCTION orders_refer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    loose bigint;
BEGIN
    SELECT user_id INTO loose FROM made
    WHERE NOT EXISTS (SELECT FROM users WHERE users.id = made.user_id OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('orders', 'user_id', loose);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_refer AFTER INSERT ON orders
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION orders_refer();
CREATE TRIGGER orders_refer_for_good BEFORE UPDATE OF user_id ON orders
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_refer_elsewhere();
ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;

CREATE FUNCTION order_lines_refer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    loose bigint;
BEGIN
    SELECT order_id INTO loose FROM made
    WHERE NOT EXISTS (SELECT FROM orders WHERE orders.id = made.order_id OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('order_lines', 'order_id', loose);
    END IF;
    SELECT product_id INTO loose FROM made
    WHERE NOT EXISTS (SELECT FROM products WHERE products.id = made.product_id OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('order_lines', 'product_id', loose);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_lines_refer AFTER INSERT ON order_lines
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION order_lines_refer();
CREATE TRIGGER order_lines_refer_for_good BEFORE UPDATE OF order_id, product_id ON order_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_refer_elsewhere();
ALTER TABLE order_lines DROP CONSTRAINT order_lines_order_id_fkey, DROP CONSTRAINT order_lines_product_id_fkey;

CREATE FUNCTION stock_movements_refer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    loose bigint;
BEGIN
    SELECT product_id INTO loose FROM made
    WHERE NOT EXISTS (SELECT FROM products WHERE products.id = made.product_id OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('stock_movements', 'product_id', loose);
    END IF;
    SELECT order_id INTO loose FROM made
    WHERE order_id IS NOT NULL AND NOT EXISTS (SELECT FROM orders WHERE orders.id = made.order_id OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('stock_movements', 'order_id', loose);
    END IF;
    SELECT moved_by INTO loose FROM made
    WHERE NOT EXISTS (SELECT FROM users WHERE users.id = made.moved_by OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('stock_movements', 'moved_by', loose);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_movements_refer AFTER INSERT ON stock_movements
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION stock_movements_refer();
CREATE TRIGGER stock_movements_refer_for_good BEFORE UPDATE OF product_id, order_id, moved_by ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_refer_elsewhere();
ALTER TABLE stock_movements
    DROP CONSTRAINT stock_movements_product_id_fkey,
    DROP CONSTRAINT stock_movements_order_id_fkey,
    DROP CONSTRAINT stock_movements_moved_by_fkey;

CREATE FUNCTION outbox_refer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    loose bigint;
BEGIN
    SELECT order_id INTO loose FROM made
    WHERE order_id IS NOT NULL AND NOT EXISTS (SELECT FROM orders WHERE orders.id = made.order_id OFFSET 0) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_reference('outbox', 'order_id', loose);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_refer AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_refer();
CREATE TRIGGER outbox_refer_for_good BEFORE UPDATE OF order_id ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_refer_elsewhere();
ALTER TABLE outbox DROP CONSTRAINT outbox_order_id_fkey;
