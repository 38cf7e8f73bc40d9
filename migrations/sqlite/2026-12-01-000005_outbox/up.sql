-- What others want to know about, in the order in which it happened.

-- Messages to deliver. A worker leases a row, delivers it and marks it; after a failure it comes again at
-- `next_attempt_at`, after too many it is dead. Those about one order go out in the order of `id`.
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
    -- Where it has gone out already: the words of the channels, with a space between.
    delivered_to    TEXT    NOT NULL DEFAULT '',
    -- Which distributed trace it belongs to, as a W3C `traceparent` header says it. A message without one, or with one
    -- that cannot be read, is delivered like any other.
    traceparent     TEXT,
    CHECK ((leased_until IS NULL) = (leased_by IS NULL)),
    CHECK (delivered_at IS NULL OR dead_at IS NULL)
) STRICT;

-- What is due, those whose time came first first.
CREATE INDEX outbox_due ON outbox (next_attempt_at, id)
    WHERE delivered_at IS NULL AND dead_at IS NULL;
-- What stands before a message about the same order: dead ones hold back those behind them.
CREATE INDEX outbox_undelivered_order ON outbox (order_id, id)
    WHERE delivered_at IS NULL;
-- What an operator looks at.
CREATE INDEX outbox_undelivered ON outbox (id)
    WHERE delivered_at IS NULL;
CREATE INDEX outbox_dead ON outbox (id)
    WHERE dead_at IS NOT NULL;
