-- Which store this is: beside the database and in the folder of the configuration the same id is
-- written down, so that a store that was emptied or exchanged is noticed.
CREATE TABLE identity (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    id       TEXT    NOT NULL -- 32 hexadecimal digits
) STRICT;
INSERT INTO identity VALUES (1, lower(hex(randomblob(16))));

-- The folders of the offices, so that another one in the same place is noticed.
CREATE TABLE folders (
    path TEXT PRIMARY KEY,
    mark TEXT NOT NULL, -- what stands in its hidden file
    id   TEXT NOT NULL  -- what the system calls it
) STRICT;
