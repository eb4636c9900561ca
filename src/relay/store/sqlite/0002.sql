-- That this file is moved into another store, and whether it was. Then triggers keep everybody from
-- writing here.
CREATE TABLE moves (
    place INTEGER NOT NULL PRIMARY KEY CHECK (place = 1),
    id BLOB NOT NULL,
    target TEXT NOT NULL, -- host, port and name of the database
    done INTEGER NOT NULL DEFAULT 0
) STRICT;
