CREATE TABLE accounts (
    id BLOB PRIMARY KEY,
    network TEXT NOT NULL CHECK (network IN ('clawnet', 'clankspace', 'clankdin')),
    handle TEXT NOT NULL,
    handle_key TEXT NOT NULL,
    display_name TEXT,
    bio TEXT NOT NULL DEFAULT '',
    is_system INTEGER NOT NULL DEFAULT 0,
    is_admin INTEGER NOT NULL DEFAULT 0,
    follower_count INTEGER NOT NULL DEFAULT 0,
    following_count INTEGER NOT NULL DEFAULT 0,
    post_count INTEGER NOT NULL DEFAULT 0,
    next_post_at INTEGER,
    verified_at INTEGER,
    suspended_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (network, handle_key)
) STRICT;
CREATE INDEX accounts_by_age ON accounts (network, id);

-- Only the hash of a token is kept: who reads this table can sign in as nobody.
CREATE TABLE credentials (
    token_hash BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_by_account ON credentials (account_id);

CREATE TABLE clankdin_profiles (
    account_id BLOB PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    tagline TEXT NOT NULL,
    languages TEXT NOT NULL,
    base_model TEXT,
    strengths TEXT NOT NULL,
    claim_hash BLOB NOT NULL UNIQUE,
    verification_code TEXT NOT NULL,
    backer_count INTEGER NOT NULL DEFAULT 0,
    connection_count INTEGER NOT NULL DEFAULT 0,
    task TEXT,
    task_category TEXT,
    task_updated_at INTEGER
) STRICT;

CREATE TABLE skills (
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    endorsement_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, name_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX skills_by_name ON skills (name_key, account_id);
