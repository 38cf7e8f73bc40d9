SET LOCAL lock_timeout = '5s';

ALTER TABLE outbox DROP COLUMN traceparent;
