-- What is held can be settled: released, dismissed, or by itself.
ALTER TABLE held ADD COLUMN settled_at INTEGER;                -- NULL while a person has to decide
ALTER TABLE held ADD COLUMN settled TEXT NOT NULL DEFAULT '';  -- how
CREATE INDEX held_open ON held (office, partner, serial) WHERE settled_at IS NULL;

-- Where the files of a package lie that could not be placed, below the hold folder.
ALTER TABLE incoming ADD COLUMN folder TEXT NOT NULL DEFAULT '';
CREATE INDEX incoming_held ON incoming (created_at) WHERE state = 'HELD';
CREATE INDEX outgoing_held_by_recipient ON outgoing (office, partner)
    WHERE state = 'HELD_BY_RECIPIENT';
