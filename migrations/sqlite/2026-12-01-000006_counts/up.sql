-- The totals of lists, kept by triggers in the transaction of every change, so that the program
-- cannot miss a change and no list counts its rows.

-- Live accounts, live products, and live orders by status.
CREATE TABLE counters (
    name  TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value >= 0)
) STRICT, WITHOUT ROWID;

-- Live orders of one account, by status.
CREATE TABLE user_order_counts (
    user_id INTEGER NOT NULL REFERENCES users (id),
    status  TEXT    NOT NULL,
    value   INTEGER NOT NULL CHECK (value >= 0),
    PRIMARY KEY (user_id, status)
) STRICT, WITHOUT ROWID;

-- Live orders with a line for a product. An order with several such lines counts once.
CREATE TABLE product_order_counts (
    product_id INTEGER NOT NULL PRIMARY KEY REFERENCES products (id),
    value      INTEGER NOT NULL CHECK (value >= 0)
) STRICT;

INSERT INTO counters (name, value) VALUES
    ('users', 0), ('products', 0), ('orders.pending', 0), ('orders.processing', 0), ('orders.shipped', 0),
    ('orders.delivered', 0), ('orders.cancelled', 0);

CREATE TRIGGER users_count_made AFTER INSERT ON users WHEN NEW.deleted_at IS NULL
BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'users';
END;

CREATE TRIGGER users_count_changed AFTER UPDATE OF deleted_at ON users
    WHEN (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
BEGIN
    UPDATE counters SET value = value + (NEW.deleted_at IS NULL) - (OLD.deleted_at IS NULL)
        WHERE name = 'users';
END;

CREATE TRIGGER products_count_made AFTER INSERT ON products WHEN NEW.deleted_at IS NULL
BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'products';
END;

CREATE TRIGGER products_count_changed AFTER UPDATE OF deleted_at ON products
    WHEN (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
BEGIN
    UPDATE counters SET value = value + (NEW.deleted_at IS NULL) - (OLD.deleted_at IS NULL)
        WHERE name = 'products';
END;

CREATE TRIGGER orders_count_made AFTER INSERT ON orders WHEN NEW.deleted_at IS NULL
BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'orders.' || NEW.status;
    INSERT INTO user_order_counts (user_id, status, value) VALUES (NEW.user_id, NEW.status, 1)
        ON CONFLICT (user_id, status) DO UPDATE SET value = value + 1;
END;

CREATE TRIGGER orders_count_left AFTER UPDATE OF status, deleted_at ON orders
    WHEN OLD.deleted_at IS NULL
BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'orders.' || OLD.status;
    UPDATE user_order_counts SET value = value - 1
        WHERE user_id = OLD.user_id AND status = OLD.status;
END;

CREATE TRIGGER orders_count_entered AFTER UPDATE OF status, deleted_at ON orders
    WHEN NEW.deleted_at IS NULL
BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'orders.' || NEW.status;
    INSERT INTO user_order_counts (user_id, status, value) VALUES (NEW.user_id, NEW.status, 1)
        ON CONFLICT (user_id, status) DO UPDATE SET value = value + 1;
END;

CREATE TRIGGER orders_count_deleted AFTER UPDATE OF deleted_at ON orders
    WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
BEGIN
    UPDATE product_order_counts SET value = value - 1
        WHERE product_id IN (SELECT product_id FROM order_lines WHERE order_id = NEW.id);
END;

-- Lines are inserted by ascending position. The order is counted at its first line for the product.
CREATE TRIGGER order_lines_count_made AFTER INSERT ON order_lines
    WHEN NOT EXISTS (
        SELECT 1 FROM order_lines
        WHERE order_id = NEW.order_id AND product_id = NEW.product_id AND position < NEW.position
    )
BEGIN
    INSERT INTO product_order_counts (product_id, value) VALUES (NEW.product_id, 1)
        ON CONFLICT (product_id) DO UPDATE SET value = value + 1;
END;
