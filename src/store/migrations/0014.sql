-- Up to which number packages may have been sent whose rows a store that was put back does not have.
CREATE TABLE used_sequences (
    office  TEXT    NOT NULL,
    partner TEXT    NOT NULL,
    used    INTEGER NOT NULL,
    PRIMARY KEY (office, partner, used)
) STRICT, WITHOUT ROWID;
