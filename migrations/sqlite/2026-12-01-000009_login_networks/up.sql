-- Networks from which accounts have logged in, as keyed hashes. The limit of wrong passwords per
-- account exempts them.
CREATE TABLE login_networks (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    network_hash BLOB    NOT NULL CHECK (length(network_hash) = 32),
    last_seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, network_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_networks_last_seen ON login_networks (last_seen_at);
