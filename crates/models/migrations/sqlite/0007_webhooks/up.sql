CREATE TABLE webhooks (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    active INTEGER NOT NULL,
    wants_new_agents INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, url)
) STRICT;
CREATE INDEX webhooks_for_new_agents ON webhooks (id) WHERE active AND wants_new_agents;

-- The body is made once and kept, so that every attempt signs and sends the same bytes.
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY,
    webhook_id BLOB NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_id BLOB NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    lease_until INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (webhook_id, event_id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id);

CREATE TABLE delivery_attempts (
    delivery_id BLOB NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    number INTEGER NOT NULL,
    status_code INTEGER,
    error TEXT,
    duration_ms INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
