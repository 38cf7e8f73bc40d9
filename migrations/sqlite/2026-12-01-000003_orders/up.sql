-- Orders, their lines and histories.

-- Orders. A deleted order keeps its row, for accounting.
CREATE TABLE orders (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id             INTEGER NOT NULL REFERENCES users (id),
    customer_name       TEXT    NOT NULL CHECK (customer_name <> ''),
    -- Not NULL if and only if the order is free-form; other orders have lines.
    item_name           TEXT    CHECK (item_name <> ''),
    -- The text that searches use, case-folded by the program: the customer's name, then the names
    -- of the ordered items, separated by U+001F.
    search_text         TEXT    NOT NULL,
    -- The sum of the lines' quantities; of a free-form order the quantity of its item.
    quantity            INTEGER NOT NULL CHECK (quantity > 0),
    currency            TEXT    NOT NULL CHECK (length(currency) = 3),
    status              TEXT    NOT NULL
        CHECK (status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
    -- `version` is what `If-Match` compares; `revision` counts every change of what is shown.
    version             INTEGER NOT NULL CHECK (version >= 1),
    revision            INTEGER NOT NULL CHECK (revision >= version),
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    deleted_at          INTEGER,
    -- A client's idempotency key is stored with the order that it placed, as long as the order
    -- exists.
    idempotency_key     TEXT    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request_fingerprint BLOB    CHECK (length(request_fingerprint) = 32),
    CHECK ((idempotency_key IS NULL) = (request_fingerprint IS NULL)),
    -- Deleting an open order cancels it and restocks its products.
    CHECK (deleted_at IS NULL OR status IN ('shipped', 'delivered', 'cancelled'))
) STRICT;

-- Includes deleted orders: their keys stay in use.
CREATE UNIQUE INDEX orders_idempotency_key ON orders (user_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- Every index ends with the rowid, which is the id: the entries of one user, status, … are sorted
-- by id, as lists need.
CREATE INDEX orders_live ON orders (id) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_user ON orders (user_id) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_status ON orders (status) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_created_at ON orders (created_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_quantity ON orders (quantity) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_user_created_at ON orders (user_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_live_user_quantity ON orders (user_id, quantity) WHERE deleted_at IS NULL;
-- Deleted orders are in no list, but erasing an account erases its name on them too.
CREATE INDEX orders_deleted_user ON orders (user_id) WHERE deleted_at IS NOT NULL;

-- Lines of orders, each with the product's name and price at the time of the order.
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

-- Histories of orders, with a row for each change. Rows are never updated or deleted.
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
