-- Who came in, who looked at what about whom, who changed what. Rows are only added, and go
-- when their time is over. For people who are responsible for the data; not about packages, so no row
-- of the journal.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL, -- the name of the user, or the account
    account TEXT    NOT NULL CHECK (account IN ('user', 'system', 'none')),
    address TEXT    NOT NULL,
    what    TEXT    NOT NULL, -- a code
    about   TEXT    NOT NULL, -- what it was done to: an id, a user
    people  INTEGER NOT NULL  -- how many people were shown
) STRICT;

-- Which people were shown: insured numbers.
CREATE TABLE audit_people (
    audit  INTEGER NOT NULL,
    person TEXT    NOT NULL,
    PRIMARY KEY (person, audit)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_people_audit ON audit_people (audit);
