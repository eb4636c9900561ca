-- SHA-256 over the link of the row before and what this row says: whoever changes, removes or moves a
-- row breaks all links behind it. Rows that were there before get theirs when this is taken up.
ALTER TABLE journal ADD COLUMN link BLOB;
ALTER TABLE receipts ADD COLUMN link BLOB;

-- Rows whose time of keeping was over: what they said is gone, its digest keeps the chain whole.
CREATE TABLE chain_gone (
    chain   TEXT    NOT NULL CHECK (chain IN ('journal', 'receipts')),
    id      INTEGER NOT NULL, -- of the row that is gone
    digest  BLOB    NOT NULL, -- of what it said
    removal INTEGER NOT NULL, -- the row of the journal that tells of the removal
    PRIMARY KEY (chain, id)
) STRICT, WITHOUT ROWID;

-- How far the chains were signed: without the key nobody can sign others.
CREATE TABLE journal_heads (
    id  INTEGER PRIMARY KEY AUTOINCREMENT,
    at  INTEGER NOT NULL,
    der BLOB    NOT NULL
) STRICT;
