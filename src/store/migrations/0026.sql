-- 1 where the package is taken back already, and its recipient is only to know that its number never comes.
ALTER TABLE recalls ADD COLUMN number_only INTEGER NOT NULL DEFAULT 0;
-- 2 where that has been told, or cannot be: its place in the mailbox stays taken.
CREATE INDEX recalls_number_only ON recalls (message_id) WHERE number_only = 1;

-- What was put back from a backup may have been placed since that backup was made.
UPDATE incoming SET placing = 1 WHERE state = 'HELD' AND detail = 'restored-unplaced';
