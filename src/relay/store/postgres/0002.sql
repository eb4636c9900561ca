-- What is or was moved into this database from a file. Until it is done no relay uses the database.
CREATE TABLE moves (
    id BYTEA NOT NULL PRIMARY KEY,
    done BOOLEAN NOT NULL DEFAULT false
);

-- Keeps a package. Where it has several pieces, those behind the first are there already under
-- `new_body`. 0: kept, 1: kept
-- before, 2: another package has the id, 3: enough of the sender is kept, 4: kept before, now sealed
-- anew, with the acceptance of these bytes.
CREATE OR REPLACE FUNCTION deposit(
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
    body_id BIGINT := coalesce(new_body, nextval('bodies'));
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
        outcome := 1;
        IF former.state <> 0 OR former.key_id = new_key_id THEN
            former_acceptance := former.acceptance;
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
        body_id, new_sender, new_message_id, new_recipient, new_position, new_package_sha256,
        new_sealed_sha256, new_key_id, new_size, new_stored_at, new_expires_at, 0,
        new_acceptance
    );
    INSERT INTO pieces VALUES (body_id, 0, first_piece);
END;
$$;
