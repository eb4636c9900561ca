-- What programs sent with a key of their own, so that a request that is repeated sends nothing twice.
-- Kept as long as other records.
CREATE TABLE sends (
    token      BLOB    NOT NULL, -- SHA-256 of the token
    key        TEXT    NOT NULL, -- the key of the program
    files      BLOB    NOT NULL, -- SHA-256 of names and files
    message_id BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX sends_at ON sends (at);
