-- The text that searches for accounts compare: the name, U+001F and the address, case-folded by the
-- program. An erased account has none.
ALTER TABLE users ADD COLUMN search_text text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD CONSTRAINT users_erased_is_not_found CHECK (deleted_at IS NULL OR search_text = '');

-- N-grams as for products.
CREATE INDEX users_live_search ON users USING gin (ngrams(search_text))
    WITH (gin_pending_list_limit = 512)
    WHERE deleted_at IS NULL;
ALTER INDEX users_live_search ALTER COLUMN 1 SET STATISTICS 0;

-- A server of the previous release, which may still be running, erases accounts without knowing the column.
CREATE OR REPLACE FUNCTION users_erase_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_verified_at := NULL;
    NEW.pending_email := NULL;
    NEW.search_text := '';
    RETURN NEW;
END $$;

-- The program fills it for the accounts that exist, with their addresses, after the migrations.
INSERT INTO backfills (name, last_id)
    SELECT 'users.email', 0 WHERE EXISTS (SELECT FROM users)
    ON CONFLICT (name) DO UPDATE SET last_id = 0;
