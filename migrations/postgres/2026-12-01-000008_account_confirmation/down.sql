DROP TRIGGER users_erase_confirmation ON users;
DROP FUNCTION users_erase_confirmation();
ALTER TABLE users DROP COLUMN pending_email, DROP COLUMN email_verified_at;
