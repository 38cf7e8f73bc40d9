-- A row for each change of a product's stock. The stock is the sum of its movements, and the
-- balance of the last one.
CREATE TABLE stock_movements (
    product_id INTEGER NOT NULL REFERENCES products (id),
    -- The product's revision after the movement, so greater than the ids of the product's earlier
    -- movements.
    id         INTEGER NOT NULL CHECK (id >= 1),
    -- The program writes order_placed, order_cancelled, received and correction so far.
    kind       TEXT    NOT NULL CHECK (
        kind IN ('order_placed', 'order_cancelled', 'received', 'count', 'damaged', 'lost', 'correction', 'customer_return')
    ),
    delta      INTEGER NOT NULL CHECK (delta <> 0),
    -- The product's stock after the movement.
    balance    INTEGER NOT NULL CHECK (balance >= 0),
    order_id   INTEGER REFERENCES orders (id),
    moved_by   INTEGER NOT NULL REFERENCES users (id),
    at         INTEGER NOT NULL,
    PRIMARY KEY (product_id, id),
    CHECK ((kind IN ('order_placed', 'order_cancelled', 'customer_return')) = (order_id IS NOT NULL)),
    CHECK (CASE kind WHEN 'order_placed' THEN delta < 0 WHEN 'order_cancelled' THEN delta > 0
                     WHEN 'customer_return' THEN delta > 0 ELSE 1 END)
) STRICT, WITHOUT ROWID;

-- An order takes a product's stock once, and restocks it once.
CREATE UNIQUE INDEX stock_movements_once ON stock_movements (order_id, product_id, kind)
    WHERE order_id IS NOT NULL;
