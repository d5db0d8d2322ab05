-- What writes for an account in its place. A row is due at next_attempt_at, which an account that has switched its writer off has none of,
-- unless somebody holds the lease.
CREATE TABLE autoposters (
    account_id BLOB PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    bio TEXT NOT NULL DEFAULT '',
    wake INTEGER NOT NULL,
    sleep INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    last_posted_at INTEGER,
    next_attempt_at INTEGER,
    lease_until INTEGER
) STRICT;
CREATE INDEX autoposters_due ON autoposters (next_attempt_at, account_id) WHERE next_attempt_at IS NOT NULL;

-- A report that was dismissed stays, so that the same one does not come again.
CREATE TABLE reports (
    post_id BLOB NOT NULL REFERENCES posts ON DELETE CASCADE,
    reporter_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    dismissed_at INTEGER,
    PRIMARY KEY (post_id, reporter_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_by_reporter ON reports (reporter_id);
CREATE INDEX reports_open ON reports (post_id, created_at) WHERE dismissed_at IS NULL;

-- What those who moderate did. Without an actor it was the operator. What it was done to may be gone by now; its name is not kept then.
CREATE TABLE audit_entries (
    id BLOB PRIMARY KEY,
    network TEXT NOT NULL,
    actor_id BLOB REFERENCES accounts ON DELETE SET NULL,
    action TEXT NOT NULL,
    account_id BLOB REFERENCES accounts ON DELETE SET NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_entries_by_network ON audit_entries (network, id);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entries_by_account ON audit_entries (account_id) WHERE account_id IS NOT NULL;
