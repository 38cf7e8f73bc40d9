-- The journal: what happens in the shop, in one table instead of histories of orders and an outbox,
-- with the positions of its readers.

-- A row for everything that happens, appended with the change. Nothing is ever changed or removed
-- here but the address of a recipient.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id    INTEGER REFERENCES orders (id),
    product_id  INTEGER REFERENCES products (id),
    -- The account that it happened to, or that owns the order.
    account_id  INTEGER REFERENCES users (id),
    -- The account that made the change; NULL if the program made it by itself.
    actor       INTEGER REFERENCES users (id),
    at          INTEGER NOT NULL,
    type        TEXT    NOT NULL CHECK (type LIKE '_%._%' AND length(type) <= 64),
    data        TEXT    NOT NULL CHECK (json_valid(data) AND length(data) <= 16384),
    -- The distributed trace that the event belongs to, as a W3C `traceparent` header.
    traceparent TEXT,
    -- The address that a mail about it goes to. It is personal data, and removed when the mail is
    -- out, after some days, and with the account.
    recipient   TEXT
) STRICT;

CREATE INDEX events_order ON events (order_id, id) WHERE order_id IS NOT NULL;
-- What is to be removed.
CREATE INDEX events_recipient ON events (at) WHERE recipient IS NOT NULL;

-- The readers of the journal, each with its position. A worker leases a row, delivers what is behind
-- the position, and moves it.
CREATE TABLE subscriptions (
    name         TEXT    NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    -- All events up to this number are delivered or parked.
    position     INTEGER NOT NULL CHECK (position >= 0),
    -- Numbers behind the position that are delivered or parked too, separated by spaces.
    ahead        TEXT    NOT NULL DEFAULT '',
    -- How often the receiver was in trouble since the last delivery that succeeded.
    failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    paused_until INTEGER,
    last_error   TEXT,
    leased_until INTEGER,
    leased_by    TEXT,
    CHECK ((leased_until IS NULL) = (leased_by IS NULL))
) STRICT;

-- Events that a subscription has set aside: retried later, waiting for an earlier event of the
-- order, of a type that the worker did not know, given up, or refused.
CREATE TABLE parked_events (
    subscription    TEXT    NOT NULL REFERENCES subscriptions (name),
    event_id        INTEGER NOT NULL REFERENCES events (id),
    order_id        INTEGER,
    state           TEXT    NOT NULL
        CHECK (state IN ('retrying', 'waiting', 'unknown_type', 'dead', 'refused')),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    -- 1 if an attempt was not answered, so that the event may have been delivered.
    unanswered      INTEGER NOT NULL CHECK (unanswered IN (0, 1)),
    failing_since   INTEGER,
    next_attempt_at INTEGER NOT NULL,
    last_error      TEXT,
    PRIMARY KEY (subscription, event_id)
) STRICT;

CREATE INDEX parked_events_due ON parked_events (subscription, next_attempt_at, event_id)
    WHERE state IN ('retrying', 'waiting', 'unknown_type');
-- Each worker looks for those of the types that it knows.
CREATE INDEX parked_events_unknown_type ON parked_events (subscription, event_id)
    WHERE state = 'unknown_type';
-- Earlier parked events of the same order: they block the later ones, dead letters included.
CREATE INDEX parked_events_order ON parked_events (subscription, order_id, event_id)
    WHERE order_id IS NOT NULL AND state <> 'refused';
-- The lists for operators.
CREATE INDEX parked_events_event ON parked_events (event_id, subscription);

-- The events of before, under their numbers.
INSERT INTO events (id, order_id, account_id, actor, at, type, data, traceparent)
    SELECT id, order_id, message ->> 'user_id',
        coalesce(message ->> 'changed_by', message ->> 'user_id'), created_at,
        CASE message ->> 'event'
            WHEN 'account_registered' THEN 'account.registered'
            WHEN 'account_mail_requested' THEN 'account.mail_requested'
            WHEN 'order_placed' THEN 'order.placed'
            WHEN 'order_status_changed' THEN 'order.status_changed'
            WHEN 'order_deleted' THEN 'order.deleted'
        END,
        CASE message ->> 'event'
            WHEN 'account_mail_requested' THEN json_object('mail', message ->> 'mail')
            WHEN 'order_placed' THEN (
                SELECT json_object(
                    'currency', currency,
                    'lines', (SELECT json_group_array(json_array(product_id, quantity,
                            printf('%d.%02d', unit_price / 100, unit_price % 100)))
                        FROM (SELECT * FROM order_lines WHERE order_id = orders.id ORDER BY position)),
                    'quantity', quantity,
                    -- The greatest totals have more than 64 bits: six digits of the quantities at a time.
                    'total', (SELECT coalesce(nullif(ltrim(substr(minor, 1, length(minor) - 2), '0'), ''), '0')
                            || '.' || substr(minor, -2)
                        FROM (SELECT printf('%d%06d%06d', high + (middle + low / 1000000) / 1000000,
                                (middle + low / 1000000) % 1000000, low % 1000000) AS minor
                            FROM (SELECT
                                coalesce(sum(line.quantity / 1000000000000 * line.unit_price), 0) AS high,
                                coalesce(sum(line.quantity / 1000000 % 1000000 * line.unit_price), 0) AS middle,
                                coalesce(sum(line.quantity % 1000000 * line.unit_price), 0) AS low
                                FROM order_lines AS line WHERE line.order_id = orders.id))))
                FROM orders WHERE orders.id = outbox.order_id)
            WHEN 'order_status_changed' THEN json_object('from', message ->> 'from', 'to', message ->> 'to')
            -- At first the message did not name the statuses; the history does.
            WHEN 'order_deleted' THEN coalesce(
                CASE WHEN message ->> 'from' IS NOT NULL
                    THEN json_object('from', message ->> 'from', 'to', message ->> 'to') END,
                (SELECT json_object('from', old_status, 'to', new_status)
                    FROM order_events AS entry WHERE entry.order_id = outbox.order_id ORDER BY id DESC LIMIT 1))
            ELSE '{}'
        END, traceparent
    FROM outbox ORDER BY id;

-- In an empty shop the program makes them.
INSERT INTO subscriptions (name, position)
    SELECT name, (SELECT coalesce(max(id), 0) FROM events)
    FROM (SELECT 'log' AS name UNION ALL SELECT 'mail' UNION ALL SELECT 'stream')
    WHERE EXISTS (SELECT 1 FROM events)
        AND (name <> 'stream' OR EXISTS (SELECT 1 FROM outbox WHERE delivered_to LIKE '%stream%'));

INSERT INTO parked_events (subscription, event_id, order_id, state, attempts, unanswered, failing_since,
        next_attempt_at, last_error)
    SELECT name, outbox.id, order_id,
        CASE WHEN dead_at IS NOT NULL THEN 'dead' WHEN attempts > 0 THEN 'retrying' ELSE 'waiting' END,
        attempts, 0, CASE WHEN attempts > 0 THEN created_at END, next_attempt_at, outbox.last_error
    FROM outbox CROSS JOIN subscriptions
    WHERE delivered_at IS NULL AND instr(' ' || delivered_to || ' ', ' ' || name || ' ') = 0;

DROP TABLE outbox;
DROP TABLE order_events;

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT raise(ABORT, 'events is never changed');
END;
CREATE TRIGGER events_stay_as_they_are
    BEFORE UPDATE OF id, order_id, product_id, account_id, actor, at, type, data, traceparent ON events
BEGIN
    SELECT raise(ABORT, 'events is never changed');
END;
