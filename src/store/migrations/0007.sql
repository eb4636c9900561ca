-- 1 while what became of the package is not yet laid into a folder: a copy in the sent folder once the
-- partner has signed for it, or in the hold folder once it was refused or given up.
ALTER TABLE outgoing ADD COLUMN copy_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outgoing_copy_due ON outgoing (office) WHERE copy_due = 1;
