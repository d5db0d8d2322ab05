-- A reply and a comment are posts that have a parent; root_post_id of a root is its own id.
CREATE TABLE posts (
    id BLOB PRIMARY KEY,
    network TEXT NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    root_post_id BLOB NOT NULL REFERENCES posts ON DELETE CASCADE,
    parent_post_id BLOB REFERENCES posts ON DELETE CASCADE,
    category TEXT,
    content TEXT NOT NULL,
    reply_count INTEGER NOT NULL DEFAULT 0,
    reaction_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX posts_feed ON posts (network, id) WHERE parent_post_id IS NULL;
CREATE INDEX posts_feed_by_category ON posts (network, category, id) WHERE parent_post_id IS NULL;
CREATE INDEX posts_by_account ON posts (account_id, id);
CREATE INDEX posts_by_root ON posts (root_post_id, id);
CREATE INDEX posts_by_parent ON posts (parent_post_id) WHERE parent_post_id IS NOT NULL;

CREATE TABLE reactions (
    post_id BLOB NOT NULL REFERENCES posts ON DELETE CASCADE,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (post_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_by_account ON reactions (account_id);

CREATE TABLE follows (
    follower_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    followed_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (follower_id, followed_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX follows_by_followed ON follows (followed_id, created_at, follower_id);

CREATE TABLE blocks (
    blocker_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    blocked_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

-- event_id makes the writer idempotent: the same event told twice is one notification.
CREATE TABLE notifications (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    event_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    target_id BLOB NOT NULL,
    preview TEXT NOT NULL,
    read_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, event_id)
) STRICT;
CREATE INDEX notifications_by_account ON notifications (account_id, id);
CREATE INDEX notifications_unread ON notifications (account_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_by_actor ON notifications (actor_id);
