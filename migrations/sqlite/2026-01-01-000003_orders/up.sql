-- Orders, their lines and history, and the movements of stock that they cause.

-- `item_name` is there if and only if the order is free-form; other orders have lines.
-- `quantity` is the sum over all lines. A deleted order keeps its row, for the books.
-- A client's idempotency key lives on the order that it made, for as long as the order does.
CREATE TABLE orders (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id             INTEGER NOT NULL REFERENCES users (id),
    customer_name       TEXT    NOT NULL CHECK (customer_name <> ''),
    customer_folded     TEXT    NOT NULL,
    item_name           TEXT    CHECK (item_name <> ''),
    title_folded        TEXT    NOT NULL,
    quantity            INTEGER NOT NULL CHECK (quantity > 0),
    currency            TEXT    NOT NULL CHECK (length(currency) = 3),
    status              TEXT    NOT NULL
        CHECK (status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    version             INTEGER NOT NULL CHECK (version >= 1),
    revision            INTEGER NOT NULL CHECK (revision >= version),
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    deleted_at          INTEGER,
    idempotency_key     TEXT    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_fingerprint BLOB    CHECK (length(request_fingerprint) = 32),
    CHECK ((idempotency_key IS NULL) = (request_fingerprint IS NULL)),
    -- Goods that have not left go back on the shelf before an order is deleted.
    CHECK (deleted_at IS NULL OR status IN ('shipped', 'delivered', 'cancelled'))
) STRICT;

-- Deleted orders count too: their keys stay used.
CREATE UNIQUE INDEX orders_idempotency_key ON orders (user_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- Every index ends with the rowid, which is the id: within one user, status, … the entries are in the
-- order of the ids, as lists want them.
CREATE INDEX orders_live ON orders (id) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_user ON orders (user_id) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_status ON orders (status) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_created_at ON orders (created_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_quantity ON orders (quantity) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_user_created_at ON orders (user_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_user_quantity ON orders (user_id, quantity) WHERE deleted_at IS NULL;

-- A line keeps the product's name and price as they were when the order was placed.
CREATE TABLE order_lines (
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    position   INTEGER NOT NULL CHECK (position >= 0),
    product_id INTEGER NOT NULL REFERENCES products (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    unit_price INTEGER NOT NULL CHECK (unit_price BETWEEN 1 AND 9999999999),
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_lines_product ON order_lines (product_id, order_id);

-- One row for each change of an order. Nothing is ever changed or removed here.
CREATE TABLE order_events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    changed_by INTEGER NOT NULL REFERENCES users (id),
    old_status TEXT    NOT NULL
        CHECK (old_status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    new_status TEXT    NOT NULL
        CHECK (new_status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    note       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX order_events_order ON order_events (order_id);

-- One row for each change of a product's stock: the stock is the sum of its movements.
CREATE TABLE stock_movements (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    delta      INTEGER NOT NULL CHECK (delta <> 0),
    reason     TEXT    NOT NULL
        CHECK (reason IN ('initial', 'adjustment', 'placement', 'return')),
    order_id   INTEGER REFERENCES orders (id),
    moved_by   INTEGER NOT NULL REFERENCES users (id),
    at         INTEGER NOT NULL,
    CHECK ((reason IN ('placement', 'return')) = (order_id IS NOT NULL)),
    CHECK (CASE reason WHEN 'placement' THEN delta < 0 WHEN 'adjustment' THEN 1 ELSE delta > 0 END)
) STRICT;

-- An order takes a product's stock once, and gives it back once.
CREATE UNIQUE INDEX stock_movements_once ON stock_movements (order_id, product_id, reason)
    WHERE order_id IS NOT NULL;
