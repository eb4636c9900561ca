CREATE TABLE offices (
    number TEXT NOT NULL PRIMARY KEY,
    standing INTEGER NOT NULL DEFAULT 0, -- 0 known, 1 approved by its card, 2 refused
    serial INTEGER NOT NULL DEFAULT 0, -- of its card
    card BLOB,
    mailbox INTEGER NOT NULL DEFAULT 0, -- the last position of packages for it
    receipts INTEGER NOT NULL DEFAULT 0, -- the last position of receipts about its packages
    collected INTEGER NOT NULL DEFAULT 0, -- up to where it has these
    bytes INTEGER NOT NULL DEFAULT 0, -- what waits and it sent
    messages INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE packages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- another one whenever the bytes are others
    sender TEXT NOT NULL,
    message_id BLOB NOT NULL,
    recipient TEXT NOT NULL,
    position INTEGER NOT NULL,
    package_sha256 BLOB NOT NULL,
    sealed_sha256 BLOB NOT NULL,
    key_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    stored_at INTEGER NOT NULL, -- milliseconds
    expires_at INTEGER NOT NULL,
    state INTEGER NOT NULL, -- 0 waits, 1 waits and the recipient has it, 2 taken, 3 over
    acceptance BLOB NOT NULL,
    UNIQUE (sender, message_id)
) STRICT;
CREATE INDEX packages_waiting ON packages (recipient, position) WHERE state < 2;
CREATE INDEX packages_kept ON packages (expires_at) WHERE state < 2;
CREATE INDEX packages_over ON packages (expires_at) WHERE state >= 2;

CREATE TABLE pieces (
    id INTEGER PRIMARY KEY, -- the package's times 65536, and the number of the piece
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE receipts (
    sender TEXT NOT NULL, -- of the package
    position INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    receipt BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (sender, position)
) STRICT;
CREATE INDEX receipts_of ON receipts (sender, message_id);
CREATE INDEX receipts_old ON receipts (stored_at);

CREATE TABLE candidates (
    office TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    card BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (office, sha256)
) STRICT;
