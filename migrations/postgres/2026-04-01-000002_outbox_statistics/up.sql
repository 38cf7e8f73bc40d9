SET LOCAL lock_timeout = '5s';

-- Nobody looks for a message by what it says. Without this the server sorts thousands of them each time that it takes
-- the table's measure, which it does often where many orders are placed.
ALTER TABLE outbox ALTER COLUMN message SET STATISTICS 0;
ALTER TABLE outbox ALTER COLUMN traceparent SET STATISTICS 0;
