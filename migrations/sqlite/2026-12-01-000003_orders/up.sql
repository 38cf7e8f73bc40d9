-- Orders, their lines and histories.

-- Orders. A deleted one keeps its row, for the books.
CREATE TABLE orders (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id             INTEGER NOT NULL REFERENCES users (id),
    customer_name       TEXT    NOT NULL CHECK (customer_name <> ''),
    -- There if and only if the order is free-form; other orders have lines.
    item_name           TEXT    CHECK (item_name <> ''),
    -- What searches compare, folded by the program: the customer's name, then the names of what is ordered,
    -- with a U+001F between them.
    search_text         TEXT    NOT NULL,
    -- The sum over all lines.
    quantity            INTEGER NOT NULL CHECK (quantity > 0),
    currency            TEXT    NOT NULL CHECK (length(currency) = 3),
    status              TEXT    NOT NULL
        CHECK (status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    -- `version` counts what people decide, `revision` every change of what is shown.
    version             INTEGER NOT NULL CHECK (version >= 1),
    revision            INTEGER NOT NULL CHECK (revision >= version),
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    deleted_at          INTEGER,
    -- A client's key lives on the order that it made, for as long as the order does.
    idempotency_key     TEXT    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_fingerprint BLOB    CHECK (length(request_fingerprint) = 32),
    CHECK ((idempotency_key IS NULL) = (request_fingerprint IS NULL)),
    -- Goods that have not left are put back into stock before an order is deleted.
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
-- Deleted orders are in no list, but whose they were is forgotten with the account.
CREATE INDEX orders_deleted_user ON orders (user_id) WHERE deleted_at IS NOT NULL;

-- Lines of orders, each with the product's name and price as they were when the order was placed.
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

-- Histories of orders: a row for each change. Nothing is ever changed or removed here.
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
