-- Times are microseconds since 1970-01-01T00:00:00Z; digests are 32 bytes; message ids 16 bytes.

-- Append-only: what happened, in the order in which it became durable.
CREATE TABLE journal (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    direction  TEXT    NOT NULL CHECK (direction IN ('out', 'in')),
    office     TEXT    NOT NULL, -- ours
    partner    TEXT    NOT NULL,
    message_id BLOB,             -- NULL for a set that was held before it became a package
    serial     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    detail     TEXT    NOT NULL
) STRICT;
CREATE INDEX journal_message ON journal (message_id);

CREATE TABLE outgoing (
    message_id      BLOB    PRIMARY KEY,
    office          TEXT    NOT NULL,
    partner         TEXT    NOT NULL,
    sequence        INTEGER NOT NULL,
    serial          TEXT    NOT NULL,
    unit            TEXT    NOT NULL,        -- JSON: kind, edition, months, files, records
    state           TEXT    NOT NULL,
    failures        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    detail          TEXT    NOT NULL,        -- why the last attempt failed
    created_at      INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    package_sha256  BLOB    NOT NULL,
    manifest_sha256 BLOB    NOT NULL,
    place           TEXT    NOT NULL CHECK (place IN ('here', 'beside', 'gone')),
    package         BLOB,
    UNIQUE (office, partner, sequence)
) STRICT;
CREATE INDEX outgoing_open ON outgoing (office, partner, sequence)
    WHERE state IN ('QUEUED', 'CONSIGNED');
CREATE INDEX outgoing_beside ON outgoing (package_sha256) WHERE place = 'beside';

CREATE TABLE incoming (
    sender          TEXT    NOT NULL,
    message_id      BLOB    NOT NULL,
    office          TEXT    NOT NULL,
    sequence        INTEGER NOT NULL,
    serial          TEXT    NOT NULL,
    unit            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    failures        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    detail          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    package_sha256  BLOB    NOT NULL,
    manifest_sha256 BLOB    NOT NULL,
    place           TEXT    NOT NULL CHECK (place IN ('here', 'beside', 'gone')),
    package         BLOB,
    PRIMARY KEY (sender, message_id)
) STRICT;
CREATE INDEX incoming_sequence ON incoming (office, sender, sequence);
CREATE INDEX incoming_open ON incoming (office, sender, serial)
    WHERE state IN ('COMMITTED', 'PLACED');
CREATE INDEX incoming_beside ON incoming (package_sha256) WHERE place = 'beside';

CREATE TABLE receipts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    origin     TEXT    NOT NULL CHECK (origin IN ('issued', 'received')),
    office     TEXT    NOT NULL,
    partner    TEXT    NOT NULL,
    message_id BLOB    NOT NULL,
    kind       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    sha256     BLOB    NOT NULL,
    der        BLOB    NOT NULL,
    UNIQUE (origin, sha256)
) STRICT;
CREATE INDEX receipts_message ON receipts (message_id);
CREATE INDEX receipts_issued ON receipts (partner, id) WHERE origin = 'issued';

-- Sets that were refused before they became packages.
CREATE TABLE held (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    office  TEXT    NOT NULL,
    partner TEXT    NOT NULL,
    serial  TEXT    NOT NULL,
    unit    TEXT    NOT NULL,
    reason  TEXT    NOT NULL, -- rule codes or a fault code
    folder  TEXT    NOT NULL
) STRICT;

-- How far each partner's receipts were collected.
CREATE TABLE cursors (
    office   TEXT    NOT NULL,
    partner  TEXT    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (office, partner)
) STRICT;
