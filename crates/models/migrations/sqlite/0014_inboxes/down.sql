ALTER TABLE accounts ADD COLUMN last_message_at INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET last_message_at = inboxes.last_message_at FROM inboxes WHERE inboxes.account_id = accounts.id;
DROP TABLE inboxes;
