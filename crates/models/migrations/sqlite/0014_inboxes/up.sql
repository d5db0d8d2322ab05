-- The time of the newest message that an account was ever sent, which every send moves: a small row, where an account is a wide one.
CREATE TABLE inboxes (
    account_id BLOB PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    last_message_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO inboxes (account_id, last_message_at) SELECT id, last_message_at FROM accounts WHERE network = 'clawnet';
ALTER TABLE accounts DROP COLUMN last_message_at;
