-- The totals of lists, kept by triggers in the transaction of every change, so that the program
-- cannot miss a change and no list counts its rows.
--
-- A total is its value in `counts` plus the sum of its `count_deltas`, read in one statement.
-- Changes only insert deltas, so they never wait for the lock of a shared counter. The program
-- regularly compacts the deltas into `counts`.

-- kind: 'users', 'products', 'orders.<status>' with ref 0; 'user_orders.<status>' with ref the
-- account; 'product_orders' with ref the product: the live orders with a line for it, each counted
-- once.
--
-- A value may be negative for a short time, while two processes compact at once; a total never is.
CREATE TABLE counts (
    kind  text   COLLATE "C" NOT NULL,
    ref   bigint NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (kind, ref)
) WITH (fillfactor = 70);
COMMENT ON TABLE counts IS 'Totals of lists, as of the last time that changes were added up.';

-- Rows are inserted and deleted all the time, so VACUUM runs by the number of dead rows and not by
-- the size of the table.
CREATE TABLE count_deltas (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind  text   COLLATE "C" NOT NULL,
    ref   bigint NOT NULL,
    delta bigint NOT NULL CHECK (delta <> 0)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
COMMENT ON TABLE count_deltas IS 'Changes of totals that are not added up yet.';

CREATE INDEX count_deltas_of ON count_deltas (kind, ref);

-- One statement may insert many rows, so insertions are counted by statement-level triggers.
-- Updates change one row at a time, so they are counted by row-level triggers, which cost nothing
-- when another column changes.

CREATE FUNCTION count_users_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO count_deltas (kind, ref, delta)
        SELECT 'users', 0, count(*) FROM made WHERE deleted_at IS NULL HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE TRIGGER users_count_made AFTER INSERT ON users
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_users_made();

CREATE FUNCTION count_products_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO count_deltas (kind, ref, delta)
        SELECT 'products', 0, count(*) FROM made WHERE deleted_at IS NULL HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE TRIGGER products_count_made AFTER INSERT ON products
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_products_made();

-- For users and products, where the kind is the name of the table.
CREATE FUNCTION count_deleted_or_restored() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO count_deltas (kind, ref, delta)
        VALUES (TG_TABLE_NAME, 0, CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END);
    RETURN NULL;
END $$;

CREATE TRIGGER users_count_changed AFTER UPDATE OF deleted_at ON users
    FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION count_deleted_or_restored();

CREATE TRIGGER products_count_changed AFTER UPDATE OF deleted_at ON products
    FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION count_deleted_or_restored();

CREATE FUNCTION count_orders_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO count_deltas (kind, ref, delta)
        SELECT 'orders.' || status, 0, count(*) FROM made WHERE deleted_at IS NULL GROUP BY status
        UNION ALL
        SELECT 'user_orders.' || status, user_id, count(*) FROM made WHERE deleted_at IS NULL
        GROUP BY user_id, status;
    RETURN NULL;
END $$;

CREATE TRIGGER orders_count_made AFTER INSERT ON orders
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_orders_made();

CREATE FUNCTION count_order_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.deleted_at IS NULL THEN
        INSERT INTO count_deltas (kind, ref, delta)
            VALUES ('orders.' || OLD.status, 0, -1), ('user_orders.' || OLD.status, OLD.user_id, -1);
    END IF;
    IF NEW.deleted_at IS NULL THEN
        INSERT INTO count_deltas (kind, ref, delta)
            VALUES ('orders.' || NEW.status, 0, 1), ('user_orders.' || NEW.status, NEW.user_id, 1);
    END IF;
    IF (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) THEN
        INSERT INTO count_deltas (kind, ref, delta)
            SELECT 'product_orders', product_id, CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END
            FROM order_lines WHERE order_id = NEW.id GROUP BY product_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER orders_count_moved AFTER UPDATE OF status, deleted_at ON orders
    FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION count_order_moved();

-- An order is counted at its first line for a product.
CREATE FUNCTION count_order_lines_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO count_deltas (kind, ref, delta)
        SELECT 'product_orders', product_id, count(*) FROM made
        WHERE made.position = 0 OR NOT EXISTS (
            SELECT FROM order_lines AS earlier
            WHERE earlier.order_id = made.order_id AND earlier.product_id = made.product_id
              AND earlier.position < made.position
        )
        GROUP BY product_id;
    RETURN NULL;
END $$;

CREATE TRIGGER order_lines_count_made AFTER INSERT ON order_lines
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_order_lines_made();
