-- The name of the key that packages are encrypted with; no row where they lie open.
CREATE TABLE sealing (
    key BLOB NOT NULL
) STRICT;
