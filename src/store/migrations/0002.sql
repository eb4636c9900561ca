-- The bytes of a package are written once, apart from the row whose state changes with every step:
-- SQLite writes a changed row anew with everything in it.
CREATE TABLE payloads (
    id    INTEGER PRIMARY KEY,
    bytes BLOB    NOT NULL
) STRICT;

-- The row of its bytes in payloads, where place is 'here'. No foreign key: with one, every removal
-- there reads all packages.
ALTER TABLE outgoing ADD COLUMN payload INTEGER;
ALTER TABLE incoming ADD COLUMN payload INTEGER;
INSERT INTO payloads (id, bytes) SELECT 2 * rowid, package FROM outgoing WHERE package IS NOT NULL;
UPDATE outgoing SET payload = 2 * rowid, package = NULL WHERE package IS NOT NULL;
INSERT INTO payloads (id, bytes)
    SELECT 2 * rowid + 1, package FROM incoming WHERE package IS NOT NULL;
UPDATE incoming SET payload = 2 * rowid + 1, package = NULL WHERE package IS NOT NULL;
ALTER TABLE outgoing DROP COLUMN package;
ALTER TABLE incoming DROP COLUMN package;

-- One index for each question: a long queue of one state is not in the way of the other.
DROP INDEX outgoing_open;
CREATE INDEX outgoing_queued ON outgoing (office, partner, sequence) WHERE state = 'QUEUED';
CREATE INDEX outgoing_consigned ON outgoing (office, partner) WHERE state = 'CONSIGNED';
DROP INDEX incoming_open;
CREATE INDEX incoming_committed ON incoming (office, sender, serial, sequence)
    WHERE state = 'COMMITTED';
CREATE INDEX incoming_placed ON incoming (office, sender, serial) WHERE state = 'PLACED';
