-- How a package came: from its sender's node, or downloaded from the official WEB service.
ALTER TABLE incoming ADD COLUMN came_by TEXT NOT NULL DEFAULT 'renkei';
CREATE INDEX incoming_serial ON incoming (office, sender, serial);

-- Since when a folder of downloads is looked into for an office: what lay there before is left alone.
CREATE TABLE downloads (
    office TEXT    NOT NULL,
    folder TEXT    NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (office, folder)
) STRICT, WITHOUT ROWID;
