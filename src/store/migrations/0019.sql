-- What lies, or is about to lie, in the import folder for a package, where the care software of its
-- office gets something else than the files as they were sent, or one set after the other. Written
-- before the first file becomes visible, so that a crash changes no name.
CREATE TABLE import_plans (
    sender      TEXT    NOT NULL,
    message_id  BLOB    NOT NULL,
    office      TEXT    NOT NULL,
    last_serial TEXT    NOT NULL,          -- the highest 連番 of its files
    plan        TEXT    NOT NULL,          -- JSON: how they are made, and each file with its digest
    awaited     INTEGER NOT NULL,          -- 1 until the care software has taken them, where it is waited for
    PRIMARY KEY (sender, message_id)
) STRICT;
CREATE INDEX import_plans_serial ON import_plans (office, sender, last_serial);
CREATE INDEX import_plans_awaited ON import_plans (office) WHERE awaited = 1;

CREATE TRIGGER incoming_deleted_with_plan AFTER DELETE ON incoming BEGIN
    DELETE FROM import_plans WHERE sender = OLD.sender AND message_id = OLD.message_id;
END;
