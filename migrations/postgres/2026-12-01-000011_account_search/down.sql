DROP INDEX users_live_search;
ALTER TABLE users DROP COLUMN search_text;
CREATE OR REPLACE FUNCTION users_erase_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_verified_at := NULL;
    NEW.pending_email := NULL;
    RETURN NEW;
END $$;
