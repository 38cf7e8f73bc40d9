-- The changes of products' stock.

CREATE TABLE stock_movements (
    product_id bigint      NOT NULL,
    -- The product's revision after the movement, so greater than the ids of the product's earlier
    -- movements.
    id         bigint      NOT NULL CHECK (id >= 1),
    kind       text        COLLATE "C" NOT NULL,
    delta      bigint      NOT NULL CHECK (delta <> 0),
    -- The product's stock after the movement.
    balance    bigint      NOT NULL CHECK (balance >= 0),
    order_id   bigint,
    moved_by   bigint      NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (product_id, id),
    -- The program writes order_placed, order_cancelled, received and correction so far.
    CONSTRAINT stock_movements_kind_is_known CHECK (
        kind IN ('order_placed', 'order_cancelled', 'received', 'count', 'damaged', 'lost', 'correction', 'customer_return')
    ),
    CHECK ((kind IN ('order_placed', 'order_cancelled', 'customer_return')) = (order_id IS NOT NULL)),
    CHECK (CASE kind WHEN 'order_placed' THEN delta < 0 WHEN 'order_cancelled' THEN delta > 0
                     WHEN 'customer_return' THEN delta > 0 ELSE true END)
);
COMMENT ON TABLE stock_movements IS
    'A row for each change of a product''s stock: the stock is the sum of its movements, and the balance of the last.';

-- An order takes a product's stock once, and restocks it once.
CREATE UNIQUE INDEX stock_movements_once ON stock_movements (order_id, product_id, kind)
    WHERE order_id IS NOT NULL;

CREATE FUNCTION stock_movements_refer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_reference('stock_movements', 'product_id', product_id) FROM made
        WHERE NOT EXISTS (SELECT FROM products WHERE products.id = made.product_id OFFSET 0);
    PERFORM refuse_reference('stock_movements', 'order_id', order_id) FROM made
        WHERE order_id IS NOT NULL AND NOT EXISTS (SELECT FROM orders WHERE orders.id = made.order_id OFFSET 0);
    PERFORM refuse_reference('stock_movements', 'moved_by', moved_by) FROM made
        WHERE NOT EXISTS (SELECT FROM users WHERE users.id = made.moved_by OFFSET 0);
    RETURN NULL;
END $$;
CREATE TRIGGER stock_movements_refer AFTER INSERT ON stock_movements REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION stock_movements_refer();
CREATE TRIGGER stock_movements_refer_for_good BEFORE UPDATE OF product_id, order_id, moved_by ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_refer_elsewhere();
