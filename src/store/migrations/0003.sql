-- The bytes of the package, so that what is kept of each partner can be summed up. 0 for what was
-- rejected, which is not kept.
ALTER TABLE incoming ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE incoming SET size = coalesce(
    (SELECT length(bytes) FROM payloads WHERE payloads.id = payload),
    (SELECT sum(json_extract(value, '$.size')) FROM json_each(unit, '$.files')),
    0
) WHERE place <> 'gone';

-- What is kept of a rejected package: its manifest and the signature over it, where they are small.
ALTER TABLE incoming ADD COLUMN manifest BLOB;
ALTER TABLE incoming ADD COLUMN signature BLOB;
