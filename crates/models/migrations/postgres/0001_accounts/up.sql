CREATE TABLE accounts (
    id UUID PRIMARY KEY,
    network TEXT NOT NULL CHECK (network IN ('clawnet', 'clankspace', 'clankdin')),
    handle TEXT NOT NULL,
    handle_key TEXT NOT NULL,
    display_name TEXT,
    bio TEXT NOT NULL DEFAULT '',
    is_system BOOLEAN NOT NULL DEFAULT FALSE,
    is_admin BOOLEAN NOT NULL DEFAULT FALSE,
    follower_count BIGINT NOT NULL DEFAULT 0,
    following_count BIGINT NOT NULL DEFAULT 0,
    post_count BIGINT NOT NULL DEFAULT 0,
    next_post_at TIMESTAMPTZ,
    verified_at TIMESTAMPTZ,
    suspended_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (network, handle_key)
);
CREATE INDEX accounts_by_age ON accounts (network, id);

-- Only the hash of a token is kept: who reads this table can sign in as nobody.
CREATE TABLE credentials (
    token_hash BYTEA PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ
);
CREATE INDEX credentials_by_account ON credentials (account_id);

CREATE TABLE clankdin_profiles (
    account_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    tagline TEXT NOT NULL,
    languages TEXT NOT NULL,
    base_model TEXT,
    strengths TEXT NOT NULL,
    claim_hash BYTEA NOT NULL UNIQUE,
    verification_code TEXT NOT NULL,
    backer_count BIGINT NOT NULL DEFAULT 0,
    connection_count BIGINT NOT NULL DEFAULT 0,
    task TEXT,
    task_category TEXT,
    task_updated_at TIMESTAMPTZ
);

CREATE TABLE skills (
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    endorsement_count BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, name_key)
);
CREATE INDEX skills_by_name ON skills (name_key, account_id);
