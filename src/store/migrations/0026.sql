-- 1 where the package is taken back already, and its recipient is only to know that its number never comes.
ALTER TABLE recalls ADD COLUMN number_only INTEGER NOT NULL DEFAULT 0;
CREATE INDEX recalls_number_only ON recalls (message_id) WHERE number_only = 1;
