-- Messages go out on several channels, each of which may fail by itself; and what is due is found without reading
-- what is delivered.

-- Where a message has gone out already: the words of the channels, with a space between.
ALTER TABLE outbox ADD COLUMN delivered_to TEXT NOT NULL DEFAULT '';

DROP INDEX outbox_due;
DROP INDEX outbox_waiting_order;

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
