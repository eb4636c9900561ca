-- What is kept for an office beside the packages that wait is counted: the acceptances of its packages, what
-- it asks back, and the receipts that it put. There is as much of it as an instance lets be.
ALTER TABLE offices ADD COLUMN beside BIGINT NOT NULL DEFAULT 0;
UPDATE offices SET beside = sums.bytes FROM (
    SELECT office, sum(bytes)::BIGINT AS bytes FROM (
        SELECT sender AS office, length(acceptance) AS bytes FROM packages
        UNION ALL SELECT sender, length(recall) FROM recalls
        UNION ALL SELECT recipient, length(receipt) FROM receipts
    ) AS kept GROUP BY office
) AS sums WHERE number = sums.office;

-- Which certificate signed a card that waits, and from where it came.
ALTER TABLE candidates ADD COLUMN signer BYTEA NOT NULL DEFAULT '';
ALTER TABLE candidates ADD COLUMN site TEXT NOT NULL DEFAULT '';
UPDATE candidates SET signer = sha256;

-- By what this store is told from another one.
CREATE TABLE identity (id BYTEA NOT NULL);
INSERT INTO identity VALUES (decode(md5(random()::TEXT || clock_timestamp()::TEXT), 'hex'));

-- Keeps a package. Where it has several pieces, those behind the first are there already under
-- `new_body`. 0: kept, 1: kept before, 2: another package has the id, 3: enough of the sender is kept,
-- 4: kept before, now sealed anew, with the acceptance of these bytes.
CREATE FUNCTION deposit(
    new_body BIGINT, new_sender TEXT, new_message_id BYTEA, new_recipient TEXT,
    new_package_sha256 BYTEA, new_sealed_sha256 BYTEA, new_key_id TEXT, new_size BIGINT,
    new_stored_at BIGINT, new_expires_at BIGINT, new_acceptance BYTEA, first_piece BYTEA,
    most_bytes BIGINT, most_messages BIGINT, most_beside BIGINT,
    OUT outcome SMALLINT, OUT former_acceptance BYTEA
) LANGUAGE plpgsql AS $$
DECLARE
    former packages%ROWTYPE;
    of_sender offices%ROWTYPE;
    new_position BIGINT;
    body_id BIGINT := coalesce(new_body, nextval('bodies'));
    -- What the acceptance of one that it takes the place of leaves.
    less BIGINT := 0;
BEGIN
    -- Nothing is held yet by whoever waits for another one that makes the same row.
    IF (SELECT count(*) FROM offices WHERE number IN (new_sender, new_recipient)) < 2 THEN
        INSERT INTO offices (number) SELECT number
            FROM unnest(ARRAY[new_sender, new_recipient]) AS number
            ORDER BY number ON CONFLICT DO NOTHING;
    END IF;
    -- Both are held to the end, always in the same order, so that no two wait for each other.
    PERFORM 1 FROM offices WHERE number IN (new_sender, new_recipient) ORDER BY number FOR UPDATE;
    SELECT * INTO of_sender FROM offices WHERE number = new_sender;
    SELECT * INTO former FROM packages WHERE sender = new_sender AND message_id = new_message_id;
    IF FOUND AND former.state = 3 AND former.recipient = new_recipient
        AND former.package_sha256 = new_package_sha256 THEN
        -- Its time was over, and all that is left is that it was here.
        DELETE FROM packages WHERE id = former.id;
        less := length(former.acceptance);
        UPDATE offices SET beside = greatest(0, beside - less) WHERE number = new_sender;
        former := NULL;
    END IF;
    IF former.id IS NOT NULL THEN
        IF former.package_sha256 <> new_package_sha256 OR former.recipient <> new_recipient THEN
            outcome := 2;
            RETURN;
        END IF;
        outcome := 1;
        IF former.state <> 0 OR former.key_id = new_key_id OR EXISTS (
            SELECT 1 FROM receipts WHERE sender = new_sender AND message_id = new_message_id
        ) THEN
            former_acceptance := former.acceptance;
            RETURN;
        END IF;
        IF of_sender.bytes + new_size - former.size > most_bytes THEN
            outcome := 3;
            RETURN;
        END IF;
        DELETE FROM pieces WHERE body = former.id;
        DELETE FROM packages WHERE id = former.id;
        UPDATE offices SET bytes = bytes + new_size - former.size,
            beside = greatest(0, beside - length(former.acceptance) + length(new_acceptance))
            WHERE number = new_sender;
        outcome := 4;
    ELSE
        IF of_sender.bytes + new_size > most_bytes OR of_sender.messages >= most_messages
            OR of_sender.beside - less + length(new_acceptance) > most_beside THEN
            outcome := 3;
            RETURN;
        END IF;
        UPDATE offices SET bytes = bytes + new_size, messages = messages + 1,
            beside = beside + length(new_acceptance) WHERE number = new_sender;
        outcome := 0;
    END IF;
    UPDATE offices SET mailbox = greatest(mailbox + 1, new_stored_at) WHERE number = new_recipient
        RETURNING mailbox INTO new_position;
    INSERT INTO packages VALUES (
        body_id, new_sender, new_message_id, new_recipient, new_position, new_package_sha256,
        new_sealed_sha256, new_key_id, new_size, new_stored_at, new_expires_at, 0,
        new_acceptance
    );
    INSERT INTO pieces VALUES (body_id, 0, first_piece);
END;
$$;

-- For instances that still call it.
CREATE OR REPLACE FUNCTION deposit(
    new_body BIGINT, new_sender TEXT, new_message_id BYTEA, new_recipient TEXT,
    new_package_sha256 BYTEA, new_sealed_sha256 BYTEA, new_key_id TEXT, new_size BIGINT,
    new_stored_at BIGINT, new_expires_at BIGINT, new_acceptance BYTEA, first_piece BYTEA,
    most_bytes BIGINT, most_messages BIGINT,
    OUT outcome SMALLINT, OUT former_acceptance BYTEA
) LANGUAGE sql AS $$
    SELECT outcome, former_acceptance FROM deposit(
        new_body, new_sender, new_message_id, new_recipient, new_package_sha256, new_sealed_sha256,
        new_key_id, new_size, new_stored_at, new_expires_at, new_acceptance, first_piece, most_bytes,
        most_messages, 9223372036854775807
    );
$$;

-- Keeps a receipt. 0: kept, 1: these very bytes were kept before, 2: about another package of the id,
-- 3: there is no such package, 4: there are enough of this kind, 5: enough of the recipient is kept.
CREATE FUNCTION put_receipt(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, new_kind TEXT, is_last BOOLEAN,
    new_package_sha256 BYTEA, new_sha256 BYTEA, new_receipt BYTEA, new_at BIGINT,
    most_of_kind BIGINT, most_beside BIGINT, OUT outcome SMALLINT
) LANGUAGE plpgsql AS $$
DECLARE
    package packages%ROWTYPE;
    new_position BIGINT;
    is_repeated BOOLEAN;
    of_kind BIGINT;
    goes BOOLEAN;
BEGIN
    -- Both are held to the end, in the same order as by everybody.
    PERFORM 1 FROM offices WHERE number IN (of_sender, of_recipient) ORDER BY number FOR UPDATE;
    SELECT * INTO package FROM packages
        WHERE sender = of_sender AND message_id = of_message_id AND recipient = of_recipient;
    IF NOT FOUND THEN
        outcome := 3;
        RETURN;
    END IF;
    IF package.package_sha256 <> new_package_sha256 THEN
        outcome := 2;
        RETURN;
    END IF;
    SELECT coalesce(bool_or(sha256 = new_sha256), false), count(*) FILTER (WHERE kind = new_kind)
        INTO is_repeated, of_kind
        FROM receipts WHERE sender = of_sender AND message_id = of_message_id;
    IF is_repeated THEN
        outcome := 1;
        RETURN;
    END IF;
    IF of_kind >= most_of_kind THEN
        outcome := 4;
        RETURN;
    END IF;
    IF (SELECT beside FROM offices WHERE number = of_recipient) + length(new_receipt) > most_beside
    THEN
        outcome := 5;
        RETURN;
    END IF;
    UPDATE offices SET beside = beside + length(new_receipt) WHERE number = of_recipient;
    goes := is_last AND package.state < 2;
    UPDATE offices SET receipts = greatest(receipts + 1, new_at),
        bytes = bytes - CASE WHEN goes THEN package.size ELSE 0 END,
        messages = messages - CASE WHEN goes THEN 1 ELSE 0 END
        WHERE number = of_sender RETURNING receipts INTO new_position;
    INSERT INTO receipts VALUES (
        of_sender, new_position, of_message_id, of_recipient, new_kind, new_sha256, new_receipt, new_at
    );
    IF goes THEN
        DELETE FROM pieces WHERE body = package.id;
        UPDATE packages SET state = 2 WHERE id = package.id;
    END IF;
    outcome := 0;
END;
$$;

-- For instances that still call it.
CREATE OR REPLACE FUNCTION put_receipt(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, new_kind TEXT, is_last BOOLEAN,
    new_package_sha256 BYTEA, new_sha256 BYTEA, new_receipt BYTEA, new_at BIGINT,
    most_of_kind BIGINT, OUT outcome SMALLINT
) LANGUAGE sql AS $$
    SELECT put_receipt(
        of_sender, of_message_id, of_recipient, new_kind, is_last, new_package_sha256, new_sha256,
        new_receipt, new_at, most_of_kind, 9223372036854775807
    );
$$;

-- Keeps a request to give a package back. 0: kept, 1: these very bytes were kept before, or the recipient
-- has said what became of the package, 2: about another package of the id, 3: there is no such package,
-- 4: its time is over, 5: enough of the sender is kept.
CREATE FUNCTION put_recall(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, of_package_sha256 BYTEA,
    new_recall BYTEA, new_at BIGINT, over_at BIGINT, most_beside BIGINT, OUT outcome SMALLINT
) LANGUAGE plpgsql AS $$
DECLARE
    package packages%ROWTYPE;
    new_position BIGINT;
    more BIGINT;
BEGIN
    PERFORM 1 FROM offices WHERE number IN (of_sender, of_recipient) ORDER BY number FOR UPDATE;
    SELECT * INTO package FROM packages
        WHERE sender = of_sender AND message_id = of_message_id AND recipient = of_recipient;
    IF NOT FOUND THEN
        outcome := 3;
        RETURN;
    END IF;
    IF package.package_sha256 <> of_package_sha256 THEN
        outcome := 2;
        RETURN;
    END IF;
    IF package.state = 2 THEN
        outcome := 1;
        RETURN;
    END IF;
    IF package.state > 2 OR package.expires_at <= over_at THEN
        outcome := 4;
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM recalls WHERE sender = of_sender
        AND message_id = of_message_id AND recall = new_recall) THEN
        outcome := 1;
        RETURN;
    END IF;
    more := length(new_recall) - coalesce((SELECT length(recall) FROM recalls
        WHERE sender = of_sender AND message_id = of_message_id), 0);
    IF (SELECT beside FROM offices WHERE number = of_sender) + more > most_beside THEN
        outcome := 5;
        RETURN;
    END IF;
    UPDATE offices SET beside = greatest(0, beside + more) WHERE number = of_sender;
    INSERT INTO recalls VALUES (of_sender, of_message_id, new_recall)
        ON CONFLICT (sender, message_id) DO UPDATE SET recall = excluded.recall;
    -- Whoever listed it before is told again.
    UPDATE offices SET mailbox = greatest(mailbox + 1, new_at) WHERE number = of_recipient
        RETURNING mailbox INTO new_position;
    UPDATE packages SET position = new_position WHERE id = package.id;
    outcome := 0;
END;
$$;

-- For instances that still call them.
CREATE OR REPLACE FUNCTION put_recall(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, of_package_sha256 BYTEA,
    new_recall BYTEA, new_at BIGINT, over_at BIGINT, OUT outcome SMALLINT
) LANGUAGE sql AS $$
    SELECT put_recall(
        of_sender, of_message_id, of_recipient, of_package_sha256, new_recall, new_at, over_at,
        9223372036854775807
    );
$$;
CREATE OR REPLACE FUNCTION put_recall(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, of_package_sha256 BYTEA,
    new_recall BYTEA, new_at BIGINT, OUT outcome SMALLINT
) LANGUAGE sql AS $$
    SELECT least(3, put_recall(
        of_sender, of_message_id, of_recipient, of_package_sha256, new_recall, new_at,
        -9223372036854775807, 9223372036854775807
    ))::SMALLINT;
$$;
