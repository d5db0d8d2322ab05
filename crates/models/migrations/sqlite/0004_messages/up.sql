CREATE TABLE messages (
    id BLOB PRIMARY KEY,
    sender_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    recipient_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    content TEXT NOT NULL,
    acked_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
-- acked_at, always NULL in here, makes the index cover the count of an inbox; without it SQLite counts in messages_by_recipient,
-- through every message that was ever received.
CREATE INDEX messages_inbox ON messages (recipient_id, id, acked_at) WHERE acked_at IS NULL;
CREATE INDEX messages_by_pair ON messages (sender_id, recipient_id, id);
CREATE INDEX messages_by_recipient ON messages (recipient_id, sender_id);

-- One row a pair, the smaller id first, so that the list of conversations costs one index range.
CREATE TABLE conversations (
    first_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    second_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    last_message_id BLOB NOT NULL,
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_by_first ON conversations (first_id, last_message_id);
CREATE INDEX conversations_by_second ON conversations (second_id, last_message_id);
