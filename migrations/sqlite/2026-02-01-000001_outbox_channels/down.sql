DROP INDEX outbox_dead;
DROP INDEX outbox_undelivered;
DROP INDEX outbox_undelivered_order;
DROP INDEX outbox_due;
ALTER TABLE outbox DROP COLUMN delivered_to;
CREATE INDEX outbox_due ON outbox (next_attempt_at)
    WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_waiting_order ON outbox (order_id)
    WHERE delivered_at IS NULL AND dead_at IS NULL;
