-- Accounts and their sessions.
-- Timestamps everywhere: whole microseconds since 1970-01-01 00:00 UTC.

-- Accounts. A deleted one keeps its row, because orders and histories name it, and loses what tells who it was.
-- AUTOINCREMENT: a number is never handed out twice, so an old token or link cannot reach a new account.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL CHECK (name <> ''),
    -- lower() knows ASCII only; the rest of Unicode is folded before it gets here.
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
-- Lists of live accounts, and counting the admins among them.
CREATE INDEX users_live ON users (id) WHERE deleted_at IS NULL;
CREATE INDEX users_live_role ON users (role) WHERE deleted_at IS NULL;

-- Sessions of accounts. Of tokens only SHA-256 hashes are kept; the hash before the current one tells a stolen token.
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
