-- The outbox: events to deliver, in the order in which they happened.

-- A worker leases a row, delivers the event and marks the row. After a failure the next attempt is
-- at `next_attempt_at`; after too many the event is dead. The events of one order are delivered by
-- ascending `id`.
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
    -- The channels on which the event is delivered already, separated by spaces.
    delivered_to    TEXT    NOT NULL DEFAULT '',
    -- The distributed trace that the event belongs to, as a W3C `traceparent` header. An event
    -- without one, or with an unreadable one, is delivered like any other.
    traceparent     TEXT,
    CHECK ((leased_until IS NULL) = (leased_by IS NULL)),
    CHECK (delivered_at IS NULL OR dead_at IS NULL)
) STRICT;

-- Due events, by the timestamp of their next attempt.
CREATE INDEX outbox_due ON outbox (next_attempt_at, id)
    WHERE delivered_at IS NULL AND dead_at IS NULL;
-- Earlier undelivered events of the same order: they block the later ones, dead letters included.
CREATE INDEX outbox_undelivered_order ON outbox (order_id, id)
    WHERE delivered_at IS NULL;
-- The lists for operators.
CREATE INDEX outbox_undelivered ON outbox (id)
    WHERE delivered_at IS NULL;
CREATE INDEX outbox_dead ON outbox (id)
    WHERE dead_at IS NOT NULL;
