-- A package that is made anew under another id keeps its number: only one of those that were not
-- replaced may have it.
CREATE TABLE renewed (
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
    payload         INTEGER,                 -- the row in payloads, where place is 'here'
    copy_due        INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO renewed SELECT message_id, office, partner, sequence, serial, unit, state, failures,
    next_at, detail, created_at, changed_at, expires_at, package_sha256, manifest_sha256, place,
    payload, copy_due FROM outgoing ORDER BY rowid;
DROP TABLE outgoing;
ALTER TABLE renewed RENAME TO outgoing;
CREATE UNIQUE INDEX outgoing_sequence ON outgoing (office, partner, sequence)
    WHERE state <> 'SUPERSEDED';
CREATE INDEX outgoing_beside ON outgoing (package_sha256) WHERE place = 'beside';
CREATE INDEX outgoing_queued ON outgoing (office, partner, sequence) WHERE state = 'QUEUED';
CREATE INDEX outgoing_consigned ON outgoing (office, partner) WHERE state = 'CONSIGNED';
CREATE INDEX outgoing_held_by_recipient ON outgoing (office, partner)
    WHERE state = 'HELD_BY_RECIPIENT';
CREATE INDEX outgoing_expired ON outgoing (office, partner) WHERE state = 'EXPIRED';
CREATE INDEX outgoing_copy_due ON outgoing (office) WHERE copy_due = 1;
