DROP TABLE outbox;
DROP FUNCTION outbox_refer;
