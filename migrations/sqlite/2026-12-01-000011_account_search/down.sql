DROP INDEX users_live_search;
ALTER TABLE users DROP COLUMN search_text;
