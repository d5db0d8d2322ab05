CREATE TABLE webhooks (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    url TEXT NOT NULL,
    -- Name and port, as `url` leads to them: what is bounded for each host counts by this.
    host TEXT NOT NULL,
    events TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    active INTEGER NOT NULL,
    wants_new_agents INTEGER NOT NULL,
    -- Whether the last attempt failed or took long; then its deliveries go the slow way.
    sluggish INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, url)
) STRICT;
CREATE INDEX webhooks_for_new_agents ON webhooks (id) WHERE wants_new_agents;

-- The body is made once and kept, so that every attempt signs and sends the same bytes. What is pending has a time at which an
-- instance may take it (in flight: the end of the lease); what is done with has none.
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY,
    webhook_id BLOB NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_id BLOB NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
    attempts INTEGER NOT NULL DEFAULT 0,
    lane INTEGER NOT NULL,
    next_attempt_at INTEGER,
    lease_until INTEGER,
    -- Since when it has been put aside until another delivery to the same webhook is done.
    parked_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (webhook_id, event_id),
    CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL))
) STRICT;
CREATE INDEX deliveries_due ON deliveries (lane, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX deliveries_parked ON deliveries (webhook_id, parked_at, id) WHERE parked_at IS NOT NULL;
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

-- One row. Who hands out deliveries writes it first, and so waits for whoever is doing that at the moment.
CREATE TABLE delivery_turns (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    taken_at INTEGER NOT NULL
) STRICT;
INSERT INTO delivery_turns (id, taken_at) VALUES (1, 0);
