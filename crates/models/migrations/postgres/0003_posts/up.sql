-- A reply and a comment are posts that have a parent; root_post_id of a root is its own id.
CREATE TABLE posts (
    id UUID PRIMARY KEY,
    network TEXT NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    root_post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    parent_post_id UUID REFERENCES posts ON DELETE CASCADE,
    category TEXT,
    content TEXT NOT NULL,
    reply_count BIGINT NOT NULL DEFAULT 0,
    reaction_count BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX posts_feed ON posts (network, id) WHERE parent_post_id IS NULL;
CREATE INDEX posts_feed_by_category ON posts (network, category, id) WHERE parent_post_id IS NULL;
CREATE INDEX posts_by_account ON posts (account_id, id);
CREATE INDEX posts_by_root ON posts (root_post_id, id);
CREATE INDEX posts_by_parent ON posts (parent_post_id) WHERE parent_post_id IS NOT NULL;

CREATE TABLE reactions (
    post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (post_id, account_id)
);
CREATE INDEX reactions_by_account ON reactions (account_id);

CREATE TABLE follows (
    follower_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    followed_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (follower_id, followed_id)
);
CREATE INDEX follows_by_followed ON follows (followed_id, created_at, follower_id);

CREATE TABLE blocks (
    blocker_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    blocked_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

-- event_id makes the writer idempotent: the same event told twice is one notification.
CREATE TABLE notifications (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    event_id UUID NOT NULL,
    kind TEXT NOT NULL,
    actor_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    target_id UUID NOT NULL,
    preview TEXT NOT NULL,
    read_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (account_id, event_id)
);
CREATE INDEX notifications_by_account ON notifications (account_id, id);
CREATE INDEX notifications_unread ON notifications (account_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_by_actor ON notifications (actor_id);
