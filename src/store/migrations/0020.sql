-- Which packages a person had sent to another partner too, so that nobody does so twice.
CREATE TABLE copies (
    source  BLOB    NOT NULL, -- the package whose files were taken
    partner TEXT    NOT NULL,
    office  TEXT    NOT NULL,
    serial  TEXT    NOT NULL, -- that the copy has
    at      INTEGER NOT NULL,
    PRIMARY KEY (source, partner)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_way ON copies (office, partner, serial);
