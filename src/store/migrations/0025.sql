-- Packages of ours that we ask back, until the recipient has answered.
CREATE TABLE recalls (
    message_id BLOB    PRIMARY KEY,
    at         INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    position   INTEGER NOT NULL, -- in the mailbox of the recipient
    attempts   INTEGER NOT NULL, -- without an answer
    ask_at     INTEGER NOT NULL, -- when it is asked next
    obstacle   TEXT    NOT NULL, -- a code: why there is no answer yet
    der        BLOB    NOT NULL  -- renkei.recall/1
) STRICT;
CREATE INDEX outgoing_recall_asked ON outgoing (office, partner) WHERE state = 'RECALL_ASKED';
CREATE TRIGGER outgoing_deleted_with_recall AFTER DELETE ON outgoing BEGIN
    DELETE FROM recalls WHERE message_id = OLD.message_id;
END;

-- Packages that their senders asked back, whether they had come or not.
CREATE TABLE recalled (
    sender         TEXT    NOT NULL,
    message_id     BLOB    NOT NULL,
    office         TEXT    NOT NULL,
    sequence       INTEGER NOT NULL,
    package_sha256 BLOB    NOT NULL,
    at             INTEGER NOT NULL, -- when it came
    expires_at     INTEGER NOT NULL,
    der            BLOB    NOT NULL, -- renkei.recall/1
    PRIMARY KEY (sender, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recalled_sequence ON recalled (office, sender, sequence);
CREATE TRIGGER incoming_deleted_with_recalled AFTER DELETE ON incoming BEGIN
    DELETE FROM recalled WHERE sender = OLD.sender AND message_id = OLD.message_id;
END;

-- 1 from when the first file of a package may be seen in the import folder.
ALTER TABLE incoming ADD COLUMN placing INTEGER NOT NULL DEFAULT 0;
-- Of what is open nobody knows it.
UPDATE incoming SET placing = 1 WHERE state IN ('COMMITTED', 'HELD');

-- The number of a package of which nothing was ever sent is used again.
DROP INDEX outgoing_sequence;
CREATE UNIQUE INDEX outgoing_sequence ON outgoing (office, partner, sequence)
    WHERE state <> 'SUPERSEDED' AND detail <> 'taken-back';
