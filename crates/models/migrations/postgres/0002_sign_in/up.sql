-- An address is kept twice: as a keyed hash to find it, sealed to write to it. Neither shows it.
CREATE TABLE addresses (
    account_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    address_hash BYTEA NOT NULL UNIQUE,
    sealed_address BYTEA NOT NULL
);

CREATE TABLE sign_in_codes (
    address_hash BYTEA PRIMARY KEY,
    code_hash BYTEA NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_in_codes_by_expiry ON sign_in_codes (expires_at);

CREATE TABLE signup_tickets (
    ticket_hash BYTEA PRIMARY KEY,
    address_hash BYTEA NOT NULL,
    sealed_address BYTEA NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX signup_tickets_by_expiry ON signup_tickets (expires_at);

-- A queue: due at next_attempt_at unless somebody holds the lease.
CREATE TABLE mails (
    id UUID PRIMARY KEY,
    sealed_mail BYTEA NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX mails_due ON mails (next_attempt_at, id);
