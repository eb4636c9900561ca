-- What is kept for an office beside the packages that wait: the acceptances of its packages, what it asks
-- back, and the receipts that it put. A file that was moved elsewhere takes nothing any more.
ALTER TABLE offices ADD COLUMN beside INTEGER NOT NULL DEFAULT 0;
UPDATE offices SET beside = sums.bytes FROM (
    SELECT office, sum(bytes) AS bytes FROM (
        SELECT sender AS office, length(acceptance) AS bytes FROM packages
        UNION ALL SELECT sender, length(recall) FROM recalls
        UNION ALL SELECT recipient, length(receipt) FROM receipts
    ) GROUP BY office
) AS sums WHERE number = sums.office AND NOT EXISTS (SELECT 1 FROM moves WHERE done = 1);

-- Which certificate signed a card that waits, and from where it came.
ALTER TABLE candidates ADD COLUMN signer BLOB NOT NULL DEFAULT x'';
ALTER TABLE candidates ADD COLUMN site TEXT NOT NULL DEFAULT '';
UPDATE candidates SET signer = sha256;

-- By what this store is told from another one.
CREATE TABLE identity (
    place INTEGER NOT NULL PRIMARY KEY CHECK (place = 1),
    id BLOB NOT NULL
) STRICT;
INSERT INTO identity VALUES (1, randomblob(16));
