-- The histories and the outbox are as they were before; what happened since is lost to them.
DROP TRIGGER outbox_into_journal ON outbox;
DROP FUNCTION outbox_into_journal, event_type_of_message, event_data_of_message;
DROP TABLE parked_events, subscriptions, events;
DROP FUNCTION events_refer, refuse_to_change;
