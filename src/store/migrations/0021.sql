-- What new files are held against, beside whom a package is about: the task that looks into packages
-- writes it down. Rows go with their entries.

-- The service codes of 実績, and which of them a package withdraws.
CREATE TABLE actuals (
    entry     INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    person    INTEGER NOT NULL,
    month     INTEGER NOT NULL, -- YYYYMM
    office    TEXT    NOT NULL, -- サービス事業者コード
    service   TEXT    NOT NULL, -- サービス種類コード
    withdrawn INTEGER NOT NULL,
    codes     TEXT    NOT NULL, -- joined with blanks
    PRIMARY KEY (entry, person, month, office, service, withdrawn)
) STRICT, WITHOUT ROWID;

-- 12 bits of a digest over 生年月日 and 性別: they tell that these changed, and not what they are.
CREATE TABLE births (
    entry  INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    person INTEGER NOT NULL,
    print  INTEGER NOT NULL,
    PRIMARY KEY (entry, person)
) STRICT, WITHOUT ROWID;

-- Received packages with 実績 that are still to be held against earlier ones, and those that somebody
-- should look at, until somebody did.
CREATE TABLE flags (
    entry   INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    rules   TEXT    NOT NULL, -- codes of rules, joined with commas; empty until it was judged
    seen_at INTEGER,
    seen_by TEXT    NOT NULL
) STRICT;
CREATE INDEX flags_open ON flags (entry) WHERE seen_at IS NULL;

-- That a person wants files sent of which the history says something.
CREATE TABLE words (
    files  BLOB    NOT NULL, -- digest over their names and digests
    office TEXT    NOT NULL,
    code   TEXT    NOT NULL, -- why they were held
    at     INTEGER NOT NULL,
    PRIMARY KEY (files, office, code)
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_way ON entries (office, partner, serial) WHERE message_id IS NOT NULL;

-- Packages whose bytes are kept are looked into once more.
UPDATE entries SET contents = 'waiting'
WHERE contents IN ('read', 'cut') AND message_id IS NOT NULL AND (
    (direction = 'out' AND EXISTS (SELECT 1 FROM outgoing AS o
        WHERE o.message_id = entries.message_id AND o.place != 'gone'))
    OR (direction = 'in' AND EXISTS (SELECT 1 FROM incoming AS i
        WHERE i.sender = entries.partner AND i.message_id = entries.message_id
            AND i.place != 'gone')));
