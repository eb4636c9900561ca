-- What a person uploads or sends on paper, as long as it lies in the outbox.
CREATE INDEX outgoing_by_hand ON outgoing (office, partner, serial)
    WHERE state IN ('TO_UPLOAD', 'TO_PRINT');
