-- Programs come in with tokens: rows of the record say so. The numbers of rows go on rising.
CREATE TABLE audit_new (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL, -- the name of the user, the account or the token
    account TEXT    NOT NULL CHECK (account IN ('user', 'system', 'token', 'none')),
    address TEXT    NOT NULL,
    what    TEXT    NOT NULL, -- a code
    about   TEXT    NOT NULL, -- what it was done to: an id, a user
    people  INTEGER NOT NULL  -- how many people were shown
) STRICT;
INSERT INTO audit_new SELECT id, at, who, account, address, what, about, people FROM audit;
DELETE FROM sqlite_sequence WHERE name = 'audit_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'audit_new', seq FROM sqlite_sequence WHERE name = 'audit';
DROP TABLE audit;
ALTER TABLE audit_new RENAME TO audit;
