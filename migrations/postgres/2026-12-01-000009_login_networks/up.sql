CREATE TABLE login_networks (
    user_id      bigint      NOT NULL REFERENCES users (id),
    network_hash bytea       NOT NULL CHECK (length(network_hash) = 32),
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, network_hash)
);
COMMENT ON TABLE login_networks IS
    'Networks from which accounts have logged in, as keyed hashes: the limit of wrong passwords per account exempts them.';

CREATE INDEX login_networks_last_seen ON login_networks (last_seen_at);
