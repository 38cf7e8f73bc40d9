-- The text that searches for accounts compare: the name, U+001F and the address, case-folded by the
-- program. An erased account has none.
ALTER TABLE users ADD COLUMN search_text TEXT NOT NULL DEFAULT ''
    CHECK (deleted_at IS NULL OR search_text = '');

-- A covering index for the count of a search, which compares all texts.
CREATE INDEX users_live_search ON users (id, search_text, deleted_at) WHERE deleted_at IS NULL;

-- The program fills it for the accounts that exist, with their addresses, after the migrations.
INSERT INTO backfills (name, last_id)
    SELECT 'users.email', 0 WHERE EXISTS (SELECT 1 FROM users)
    ON CONFLICT (name) DO UPDATE SET last_id = 0;
