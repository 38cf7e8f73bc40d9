-- The confirmation of addresses.

SET LOCAL lock_timeout = '5s';

ALTER TABLE users
    ADD COLUMN email_verified_at timestamptz,
    ADD COLUMN pending_email     text COLLATE "C",
    ADD CONSTRAINT users_pending_email_is_folded CHECK (pending_email = lower(pending_email)),
    ADD CONSTRAINT users_pending_email_replaces_a_verified_one CHECK (
        pending_email IS NULL OR (email_verified_at IS NOT NULL AND pending_email <> email)
    ),
    ADD CONSTRAINT users_erased_unverified CHECK (
        deleted_at IS NULL OR (email_verified_at IS NULL AND pending_email IS NULL)
    );
COMMENT ON COLUMN users.email_verified_at IS
    'From when the address counts as confirmed; NULL if it was never confirmed.';
COMMENT ON COLUMN users.pending_email IS
    'The address that replaces email once it is confirmed. It is not reserved: another account may take it meanwhile.';

-- No account was asked to confirm its address so far, so each counts as confirmed.
UPDATE users SET email_verified_at = created_at WHERE deleted_at IS NULL;

-- A server of the previous release, which may still be running, erases accounts without knowing these columns.
CREATE FUNCTION users_erase_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_verified_at := NULL;
    NEW.pending_email := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER users_erase_confirmation BEFORE UPDATE OF deleted_at ON users
    FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION users_erase_confirmation();
