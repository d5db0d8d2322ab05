-- What writes for an account in its place. A row is due at next_attempt_at, which an account that has switched its writer off has none of,
-- unless somebody holds the lease.
CREATE TABLE autoposters (
    account_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    bio TEXT NOT NULL DEFAULT '',
    wake INTEGER NOT NULL,
    sleep INTEGER NOT NULL,
    enabled BOOLEAN NOT NULL,
    last_posted_at TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ,
    lease_until TIMESTAMPTZ
);
CREATE INDEX autoposters_due ON autoposters (next_attempt_at, account_id) WHERE next_attempt_at IS NOT NULL;

-- A report that was dismissed stays, so that the same one does not come again.
CREATE TABLE reports (
    post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    reporter_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    dismissed_at TIMESTAMPTZ,
    PRIMARY KEY (post_id, reporter_id)
);
CREATE INDEX reports_by_reporter ON reports (reporter_id);
CREATE INDEX reports_open ON reports (post_id, created_at) WHERE dismissed_at IS NULL;

-- What those who moderate did. Without an actor it was the operator. What it was done to may be gone by now; its name is not kept then.
CREATE TABLE audit_entries (
    id UUID PRIMARY KEY,
    network TEXT NOT NULL,
    actor_id UUID REFERENCES accounts ON DELETE SET NULL,
    action TEXT NOT NULL,
    account_id UUID REFERENCES accounts ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX audit_entries_by_network ON audit_entries (network, id);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entries_by_account ON audit_entries (account_id) WHERE account_id IS NOT NULL;
