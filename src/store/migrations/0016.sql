-- The pairs of drop and work folder in which files may lie that a node has taken: those of the
-- configuration, and former ones until what lies there is brought to its end.
CREATE TABLE work_folders (
    office TEXT NOT NULL,
    dropped TEXT NOT NULL, -- the path of the drop folder
    work   TEXT NOT NULL,
    PRIMARY KEY (office, dropped, work)
) STRICT, WITHOUT ROWID;
