-- Deleted orders are in no list, but whose they were is forgotten with the account.
CREATE INDEX orders_deleted_user ON orders (user_id) WHERE deleted_at IS NOT NULL;
