-- Keeps a request to give a package back. 0: kept, 1: these very bytes were kept before, or the recipient
-- has said what became of the package, 2: about another package of the id, 3: there is no such package,
-- 4: its time is over.
-- The former one stays for instances that still call it.
CREATE FUNCTION put_recall(
    of_sender TEXT, of_message_id BYTEA, of_recipient TEXT, of_package_sha256 BYTEA,
    new_recall BYTEA, new_at BIGINT, over_at BIGINT, OUT outcome SMALLINT
) LANGUAGE plpgsql AS $$
DECLARE
    package packages%ROWTYPE;
    new_position BIGINT;
BEGIN
    PERFORM 1 FROM offices WHERE number = of_recipient FOR UPDATE;
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
    INSERT INTO recalls VALUES (of_sender, of_message_id, new_recall)
        ON CONFLICT (sender, message_id) DO UPDATE SET recall = excluded.recall;
    -- Whoever listed it before is told again.
    UPDATE offices SET mailbox = greatest(mailbox + 1, new_at) WHERE number = of_recipient
        RETURNING mailbox INTO new_position;
    UPDATE packages SET position = new_position WHERE id = package.id;
    outcome := 0;
END;
$$;
