CREATE TABLE offices (
    number TEXT NOT NULL PRIMARY KEY,
    standing SMALLINT NOT NULL DEFAULT 0, -- 0 known, 1 approved by its card, 2 refused
    serial BIGINT NOT NULL DEFAULT 0, -- of its card
    card BYTEA,
    mailbox BIGINT NOT NULL DEFAULT 0, -- the last position of packages for it
    receipts BIGINT NOT NULL DEFAULT 0, -- the last position of receipts about its packages
    collected BIGINT NOT NULL DEFAULT 0, -- up to where it has these
    bytes BIGINT NOT NULL DEFAULT 0, -- what waits and it sent
    messages BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE SEQUENCE bodies;

CREATE TABLE packages (
    id BIGINT PRIMARY KEY, -- of the sequence; another one whenever the bytes are others
    sender TEXT NOT NULL,
    message_id BYTEA NOT NULL,
    recipient TEXT NOT NULL,
    position BIGINT NOT NULL,
    package_sha256 BYTEA NOT NULL,
    sealed_sha256 BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    size BIGINT NOT NULL,
    stored_at BIGINT NOT NULL, -- milliseconds
    expires_at BIGINT NOT NULL,
    state SMALLINT NOT NULL, -- 0 waits, 1 waits and the recipient has it, 2 taken, 3 over
    acceptance BYTEA NOT NULL,
    UNIQUE (sender, message_id)
);
CREATE INDEX packages_waiting ON packages (recipient, position) WHERE state < 2;
CREATE INDEX packages_kept ON packages (expires_at) WHERE state < 2;
CREATE INDEX packages_over ON packages (expires_at) WHERE state >= 2;

CREATE TABLE pieces (
    body BIGINT NOT NULL,
    number INTEGER NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (body, number)
);
-- Sealed bytes cannot be compressed.
ALTER TABLE pieces ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE receipts (
    sender TEXT NOT NULL, -- of the package
    position BIGINT NOT NULL,
    message_id BYTEA NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    receipt BYTEA NOT NULL,
    stored_at BIGINT NOT NULL,
    PRIMARY KEY (sender, position)
);
CREATE INDEX receipts_of ON receipts (sender, message_id);
CREATE INDEX receipts_old ON receipts (stored_at);

CREATE TABLE candidates (
    office TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    card BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (office, sha256)
);

-- Keeps a package whose pieces behind the first are there already under `new_body`. 0: kept, 1: kept
-- before, 2: another package has the id, 3: enough of the sender is kept, 4: kept before, now sealed
-- anew.
CREATE FUNCTION deposit(
    new_body BIGINT, new_sender TEXT, new_message_id BYTEA, new_recipient TEXT,
    new_package_sha256 BYTEA, new_sealed_sha256 BYTEA, new_key_id TEXT, new_size BIGINT,
    new_stored_at BIGINT, new_expires_at BIGINT, new_acceptance BYTEA, first_piece BYTEA,
    most_bytes BIGINT, most_messages BIGINT,
    OUT outcome SMALLINT, OUT former_acceptance BYTEA
) LANGUAGE plpgsql AS $$
DECLARE
    former packages%ROWTYPE;
    of_sender offices%ROWTYPE;
    new_position BIGINT;
BEGIN
    INSERT INTO offices (number) SELECT number FROM unnest(ARRAY[new_sender, new_recipient]) AS number
        WHERE NOT EXISTS (SELECT 1 FROM offices WHERE offices.number = number.number)
        ORDER BY number ON CONFLICT DO NOTHING;
    -- Both are held to the end, always in the same order, so that no two wait for each other.
    PERFORM 1 FROM offices WHERE number IN (new_sender, new_recipient) ORDER BY number FOR UPDATE;
    SELECT * INTO of_sender FROM offices WHERE number = new_sender;
    -- Of one whose time was over all that is left is that it was here.
    DELETE FROM packages WHERE sender = new_sender AND message_id = new_message_id
        AND recipient = new_recipient AND package_sha256 = new_package_sha256 AND state = 3;
    SELECT * INTO former FROM packages WHERE sender = new_sender AND message_id = new_message_id;
    IF FOUND THEN
        IF former.package_sha256 <> new_package_sha256 OR former.recipient <> new_recipient THEN
            outcome := 2;
            RETURN;
        END IF;
        former_acceptance := former.acceptance;
        outcome := 1;
        IF former.state <> 0 OR former.key_id = new_key_id THEN
            RETURN;
        END IF;
        IF of_sender.bytes + new_size - former.size > most_bytes THEN
            outcome := 3;
            RETURN;
        END IF;
        DELETE FROM pieces WHERE body = former.id;
        DELETE FROM packages WHERE id = former.id;
        UPDATE offices SET bytes = bytes + new_size - former.size WHERE number = new_sender;
        outcome := 4;
    ELSE
        IF of_sender.bytes + new_size > most_bytes OR of_sender.messages >= most_messages THEN
            outcome := 3;
            RETURN;
        END IF;
        UPDATE offices SET bytes = bytes + new_size, messages = messages + 1
            WHERE number = new_sender;
        outcome := 0;
    END IF;
    UPDATE offices SET mailbox = greatest(mailbox + 1, new_stored_at) WHERE number = new_recipient
        RETURNING mailbox INTO new_position;
    INSERT INTO packages VALUES (
        new_body, new_sender, new_message_id, new_recipient, new_position, new_package_sha256,
        new_sealed_sha256, new_key_id, new_size, new_stored_at, new_expires_at, 0,
        coalesce(former_acceptance, new_acceptance)
    );
    INSERT INTO pieces VALUES (new_body, 0, first_piece);
END;
$$;

-- Keeps a receipt. 0: kept, 1: these very bytes were kept before, 2: about another package of the id,
-- 3: there is no such package, 4: there are enough of this kind.
CREATE FUNCTION put_receipt(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, new_kind TEXT, is_last BOOLEAN,
    new_package_sha256 BYTEA, new_sha256 BYTEA, new_receipt BYTEA, new_at BIGINT,
    most_of_kind BIGINT, OUT outcome SMALLINT
) LANGUAGE plpgsql AS $$
DECLARE
    package packages%ROWTYPE;
    new_position BIGINT;
BEGIN
    PERFORM 1 FROM offices WHERE number = of_sender FOR UPDATE;
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
    IF EXISTS (SELECT 1 FROM receipts
        WHERE sender = of_sender AND message_id = of_message_id AND sha256 = new_sha256) THEN
        outcome := 1;
        RETURN;
    END IF;
    IF (SELECT count(*) FROM receipts
        WHERE sender = of_sender AND message_id = of_message_id AND kind = new_kind) >= most_of_kind
    THEN
        outcome := 4;
        RETURN;
    END IF;
    UPDATE offices SET receipts = greatest(receipts + 1, new_at) WHERE number = of_sender
        RETURNING receipts INTO new_position;
    INSERT INTO receipts VALUES (
        of_sender, new_position, of_message_id, of_recipient, new_kind, new_sha256, new_receipt, new_at
    );
    IF is_last AND package.state < 2 THEN
        DELETE FROM pieces WHERE body = package.id;
        UPDATE offices SET bytes = bytes - package.size, messages = messages - 1
            WHERE number = of_sender;
    END IF;
    IF is_last THEN
        UPDATE packages SET state = greatest(state, 2::SMALLINT) WHERE id = package.id;
    ELSIF package.state = 0 THEN
        UPDATE packages SET state = 1 WHERE id = package.id;
    END IF;
    outcome := 0;
END;
$$;
