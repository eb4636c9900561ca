-- What people look for among all that was exchanged. A task of the node writes it down after the
-- fact, so that nothing waits for it; only deleting follows at once.

-- One row for each package and each held set, in the order in which they came.
CREATE TABLE entries (
    id         INTEGER PRIMARY KEY,
    direction  TEXT    NOT NULL CHECK (direction IN ('out', 'in')),
    office     TEXT    NOT NULL, -- ours
    partner    TEXT    NOT NULL,
    message_id BLOB,             -- NULL for a set that was held before it became a package
    held       INTEGER,          -- the row in held of such a set
    at         INTEGER NOT NULL,
    serial     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    months     TEXT    NOT NULL, -- joined with commas
    state      TEXT    NOT NULL,
    contents   TEXT    NOT NULL CHECK (contents IN ('waiting', 'read', 'cut', 'unreadable', 'none'))
) STRICT;
CREATE UNIQUE INDEX entries_message ON entries (message_id, direction, partner)
    WHERE message_id IS NOT NULL;
CREATE UNIQUE INDEX entries_held ON entries (held) WHERE held IS NOT NULL;
CREATE INDEX entries_state ON entries (state, id);
CREATE INDEX entries_partner ON entries (partner, id);
CREATE INDEX entries_waiting ON entries (id) WHERE contents = 'waiting';

CREATE TABLE people (
    id       INTEGER PRIMARY KEY,
    insurer  TEXT    NOT NULL,
    insured  TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    kana     TEXT    NOT NULL,
    named_at INTEGER NOT NULL, -- when the package came that says so
    key      TEXT    NOT NULL, -- by which the person is found
    UNIQUE (insured, insurer)
) STRICT;

-- Which documents about whom a package brings or withdraws.
CREATE TABLE mentions (
    entry     INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    person    INTEGER NOT NULL REFERENCES people (id),
    document  TEXT    NOT NULL,
    withdrawn INTEGER NOT NULL,
    date      INTEGER NOT NULL, -- YYYYMM of a month, YYYYMMDD of a day, 0 of neither
    PRIMARY KEY (entry, person, document, date, withdrawn)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_person ON mentions (person, entry);
-- Plans are few beside the slips of every month.
CREATE INDEX mentions_plans ON mentions (document, person)
    WHERE document IN ('care-plan', 'support-plan');

-- How far the journal was followed.
CREATE TABLE followed (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    journal  INTEGER NOT NULL
) STRICT;
INSERT INTO followed SELECT 1, coalesce(max(id), 0) FROM journal;

INSERT INTO entries
    (direction, office, partner, message_id, held, at, serial, kind, months, state, contents)
SELECT direction, office, partner, message_id, held, at, serial,
    iif(json_valid(unit), coalesce(json_extract(unit, '$.kind'), ''), ''),
    coalesce((SELECT group_concat(value)
        FROM json_each(iif(json_valid(unit), unit, '{}'), '$.months')), ''),
    state, contents
FROM (
    SELECT 'out' AS direction, office, partner, message_id, NULL AS held, created_at AS at, serial,
        unit, state, iif(place = 'gone', 'none', 'waiting') AS contents FROM outgoing
    UNION ALL
    SELECT 'in', office, sender, message_id, NULL, created_at, serial, unit, state,
        iif(place = 'gone', 'none', 'waiting') FROM incoming
    UNION ALL
    SELECT 'out', office, partner, NULL, id, at, serial, unit,
        iif(settled_at IS NULL, 'HELD', 'SETTLED'), 'none' FROM held
)
ORDER BY at;

CREATE TRIGGER outgoing_deleted AFTER DELETE ON outgoing BEGIN
    DELETE FROM entries
    WHERE direction = 'out' AND partner = OLD.partner AND message_id = OLD.message_id;
END;
CREATE TRIGGER incoming_deleted AFTER DELETE ON incoming BEGIN
    DELETE FROM entries
    WHERE direction = 'in' AND partner = OLD.sender AND message_id = OLD.message_id;
END;
CREATE TRIGGER mentions_deleted AFTER DELETE ON mentions
WHEN NOT EXISTS (SELECT 1 FROM mentions WHERE person = OLD.person) BEGIN
    DELETE FROM people WHERE id = OLD.person;
END;

-- Few sets are held, so these are written down at once.
CREATE TRIGGER held_inserted AFTER INSERT ON held BEGIN
    INSERT INTO entries
        (direction, office, partner, held, at, serial, kind, months, state, contents)
    VALUES ('out', NEW.office, NEW.partner, NEW.id, NEW.at, NEW.serial,
        iif(json_valid(NEW.unit), coalesce(json_extract(NEW.unit, '$.kind'), ''), ''),
        coalesce((SELECT group_concat(value)
            FROM json_each(iif(json_valid(NEW.unit), NEW.unit, '{}'), '$.months')), ''),
        'HELD', 'none');
END;
CREATE TRIGGER held_settled AFTER UPDATE OF settled_at ON held BEGIN
    UPDATE entries SET state = iif(NEW.settled_at IS NULL, 'HELD', 'SETTLED')
    WHERE held = NEW.id;
END;
CREATE TRIGGER held_deleted AFTER DELETE ON held BEGIN
    DELETE FROM entries WHERE held = OLD.id;
END;
