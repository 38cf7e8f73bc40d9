-- Which distributed trace a message belongs to, as a W3C `traceparent` header says it. A message without one, or with
-- one that cannot be read, is delivered like any other.
ALTER TABLE outbox ADD COLUMN traceparent TEXT;
