-- Nobody registers or sends while rows are copied.
LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE;
-- The time of the newest message that an account was ever sent, which every send moves: a small row that nothing refers to, where an account
-- is a wide one that each message refers to. Half of a page stays free, so that a new version of a row finds room beside the old one and no
-- index has to hear of it.
CREATE TABLE inboxes (
    account_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    last_message_at TIMESTAMPTZ NOT NULL DEFAULT TIMESTAMPTZ 'epoch'
) WITH (fillfactor = 50);
INSERT INTO inboxes (account_id, last_message_at) SELECT id, last_message_at FROM accounts WHERE network = 'clawnet';
ALTER TABLE accounts DROP COLUMN last_message_at;
