-- The confirmation of addresses.

-- From when the address counts as confirmed; NULL if it was never confirmed.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER
    CHECK (email_verified_at IS NULL OR deleted_at IS NULL);
-- The address that replaces `email` once it is confirmed. It is not reserved: another account may
-- take it meanwhile.
ALTER TABLE users ADD COLUMN pending_email TEXT
    CHECK (pending_email IS NULL OR (pending_email = lower(pending_email) AND deleted_at IS NULL
        AND email_verified_at IS NOT NULL AND pending_email <> email));

-- No account was asked to confirm its address so far, so each counts as confirmed.
UPDATE users SET email_verified_at = created_at WHERE deleted_at IS NULL;
