-- An address is kept twice: as a keyed hash to find it, sealed to write to it. Neither shows it.
CREATE TABLE addresses (
    account_id BLOB PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    address_hash BLOB NOT NULL UNIQUE,
    sealed_address BLOB NOT NULL
) STRICT;

CREATE TABLE sign_in_codes (
    address_hash BLOB PRIMARY KEY,
    code_hash BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_codes_by_expiry ON sign_in_codes (expires_at);

CREATE TABLE signup_tickets (
    ticket_hash BLOB PRIMARY KEY,
    address_hash BLOB NOT NULL,
    sealed_address BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signup_tickets_by_expiry ON signup_tickets (expires_at);

-- A queue: due at next_attempt_at unless somebody holds the lease.
CREATE TABLE mails (
    id BLOB PRIMARY KEY,
    sealed_mail BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    lease_until INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mails_due ON mails (next_attempt_at, id);
