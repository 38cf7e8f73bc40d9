-- Accounts and their sessions. All timestamps are whole microseconds since 1970-01-01 00:00 UTC.

-- Accounts. A deleted account keeps its row, because orders and histories refer to it, without its
-- personal data. AUTOINCREMENT: an id is never used twice, so an old token or link cannot reach a
-- new account.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL CHECK (name <> ''),
    -- lower() changes ASCII letters only; the program folds the others.
    email         TEXT    CHECK (email = lower(email)),
    password_hash TEXT,
    role          TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    created_at    INTEGER NOT NULL,
    deleted_at    INTEGER,
    CHECK (
        CASE WHEN deleted_at IS NULL
             THEN email IS NOT NULL AND password_hash IS NOT NULL
             ELSE email IS NULL AND password_hash IS NULL AND name = 'Deleted user'
        END
    )
) STRICT;

CREATE UNIQUE INDEX users_email ON users (email) WHERE deleted_at IS NULL;
-- Lists of live accounts, and counts of the admins among them.
CREATE INDEX users_live ON users (id) WHERE deleted_at IS NULL;
CREATE INDEX users_live_role ON users (role) WHERE deleted_at IS NULL;

-- Sessions of accounts. Only SHA-256 hashes of tokens are stored. The previous hash detects the use
-- of a stolen token.
CREATE TABLE sessions (
    id                    TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    user_id               INTEGER NOT NULL REFERENCES users (id),
    refresh_hash          BLOB    NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),
    previous_refresh_hash BLOB    UNIQUE CHECK (length(previous_refresh_hash) = 32),
    refresh_expires_at    INTEGER NOT NULL,
    refreshed_at          INTEGER,
    opened_at             INTEGER NOT NULL,
    ends_at               INTEGER NOT NULL,
    revoked_at            INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (ends_at);
