-- How many rows a list has in all, kept by triggers in the transaction of every change, so that none is
-- forgotten and no list has to count.
--
-- A total is what `counts` holds plus the sum of all `count_deltas` for it, read in one statement. Changes only
-- ever insert deltas: no two of them wait for the same row, and none can lock another out. The server
-- adds them up into `counts` now and then.

-- kind: 'users', 'products', 'orders.<status>' with ref 0; 'user_orders.<status>' with ref the account;
-- 'product_orders' with ref the product: live orders that name it, however often they do.
-- A value may be below zero for a moment, when two servers add up at once; a total never is.
CREATE TABLE counts (
    kind  text   COLLATE "C" NOT NULL,
    ref   bigint NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (kind, ref)
) WITH (fillfactor = 70);
COMMENT ON TABLE counts IS 'Totals of lists, as of the last time that changes were added up.';

-- Rows come and go all the time, so dead ones are cleared away by their number and not by the table's size.
CREATE TABLE count_deltas (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind  text   COLLATE "C" NOT NULL,
    ref   bigint NOT NULL,
    delta bigint NOT NULL CHECK (delta <> 0)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
COMMENT ON TABLE count_deltas IS 'Changes of totals that are not added up yet.';

CREATE INDEX count_deltas_of ON count_deltas (kind, ref);

-- Many rows may be made by one statement, so those are counted by the statement. Rows leave their lists one by
-- one, so that is counted by the row: such a trigger costs nothing when another column changes.

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

-- For users and products: the kind is the table's name.
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

-- An order counts for a product at the first of its lines that names it.
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
