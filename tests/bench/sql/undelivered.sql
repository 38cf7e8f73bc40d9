-- The number of subscriptions that are behind the journal, or are not made yet, and of parked events.
SELECT (SELECT count(*) FROM (VALUES ('log'), ('mail'), ('stream')) AS known (name)
        FULL JOIN subscriptions ON subscriptions.name = known.name
        WHERE position IS NULL OR position < (SELECT coalesce(max(id), 0) FROM events))
     + (SELECT count(*) FROM parked_events)
