-- Packages that a relay keeps for their recipients, as it signed. Its word is no receipt.
CREATE TABLE deposits (
    message_id BLOB    PRIMARY KEY,
    relay      TEXT    NOT NULL, -- where it is reached
    key_id     TEXT    NOT NULL, -- of the recipient's key that it is sealed to
    at         INTEGER NOT NULL, -- by our clock
    expires_at INTEGER NOT NULL, -- until when the relay keeps it
    der        BLOB    NOT NULL  -- renkei.acceptance/1
) STRICT;
CREATE INDEX outgoing_deposited ON outgoing (office, partner) WHERE state = 'DEPOSITED';
CREATE TRIGGER outgoing_deleted_with_deposit AFTER DELETE ON outgoing BEGIN
    DELETE FROM deposits WHERE message_id = OLD.message_id;
END;

-- How far the receipts were collected that a relay has for an office of ours.
CREATE TABLE relay_cursors (
    office   TEXT    NOT NULL,
    relay    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (office, relay)
) STRICT;

-- Packages that were fetched: where their receipts go, and how far they went. One may have been
-- fetched from several places.
CREATE TABLE fetched (
    source     TEXT    NOT NULL, -- the address of the relay, or of the partner's node
    sender     TEXT    NOT NULL,
    message_id BLOB    NOT NULL,
    office     TEXT    NOT NULL,
    put        INTEGER NOT NULL, -- the last receipt (receipts.id) that was put there
    done       INTEGER NOT NULL, -- 1 when the last one of the package was
    PRIMARY KEY (source, sender, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fetched_open ON fetched (source, office) WHERE done = 0;
CREATE TRIGGER incoming_deleted_with_fetched AFTER DELETE ON incoming BEGIN
    DELETE FROM fetched WHERE sender = OLD.sender AND message_id = OLD.message_id;
END;

-- What was fetched and cannot be taken, so that it is not fetched again and again.
CREATE TABLE unreadable (
    source     TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    message_id BLOB    NOT NULL,
    sha256     BLOB    NOT NULL, -- of the bytes that were fetched
    code       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (source, sender, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unreadable_at ON unreadable (at);
