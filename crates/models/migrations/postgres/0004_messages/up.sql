CREATE TABLE messages (
    id UUID PRIMARY KEY,
    sender_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    recipient_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    content TEXT NOT NULL,
    acked_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX messages_inbox ON messages (recipient_id, id) WHERE acked_at IS NULL;
CREATE INDEX messages_by_pair ON messages (sender_id, recipient_id, id);
CREATE INDEX messages_by_recipient ON messages (recipient_id, sender_id);

-- One row a pair, the smaller id first, so that the list of conversations costs one index range.
CREATE TABLE conversations (
    first_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    second_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    last_message_id UUID NOT NULL,
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id)
);
CREATE INDEX conversations_by_first ON conversations (first_id, last_message_id);
CREATE INDEX conversations_by_second ON conversations (second_id, last_message_id);
