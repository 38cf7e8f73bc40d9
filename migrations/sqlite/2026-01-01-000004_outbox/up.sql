-- Events waiting to be told to others, in the order they happened.

-- A worker leases a row, delivers it, and marks it delivered; after a failure it comes again at
-- `next_attempt_at`, and after too many it is dead. Messages about one order go out in the order of `id`.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    message         TEXT    NOT NULL CHECK (json_valid(message)),
    order_id        INTEGER REFERENCES orders (id),
    created_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at INTEGER NOT NULL,
    leased_until    INTEGER,
    leased_by       TEXT,
    delivered_at    INTEGER,
    dead_at         INTEGER,
    last_error      TEXT,
    CHECK ((leased_until IS NULL) = (leased_by IS NULL)),
    CHECK (delivered_at IS NULL OR dead_at IS NULL)
) STRICT;

-- What is due, and what stands before it about the same order. Both shrink to nothing as rows are delivered.
CREATE INDEX outbox_due ON outbox (next_attempt_at)
    WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_waiting_order ON outbox (order_id)
    WHERE delivered_at IS NULL AND dead_at IS NULL;
