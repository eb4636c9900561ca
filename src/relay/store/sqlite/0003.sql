-- What senders ask back of the packages that wait.
CREATE TABLE recalls (
    sender TEXT NOT NULL,
    message_id BLOB NOT NULL,
    recall BLOB NOT NULL,
    PRIMARY KEY (sender, message_id)
) STRICT;
