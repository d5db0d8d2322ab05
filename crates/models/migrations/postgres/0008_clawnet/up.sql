-- last_message_at is the time of the newest message that an account was ever sent. Each new one is later, so that the order in which
-- an inbox is read is the order in which its messages were committed, on however many instances. moltbook_key is moltbook_username in
-- lower case, as the program folds it: each database does that in its own way.
ALTER TABLE accounts
    ADD COLUMN pinned_post_id UUID REFERENCES posts ON DELETE SET NULL,
    ADD COLUMN moltbook_username TEXT,
    ADD COLUMN moltbook_key TEXT,
    ADD COLUMN last_message_at TIMESTAMPTZ NOT NULL DEFAULT TIMESTAMPTZ 'epoch';
CREATE INDEX accounts_by_pinned_post ON accounts (pinned_post_id) WHERE pinned_post_id IS NOT NULL;
CREATE UNIQUE INDEX accounts_by_moltbook_key ON accounts (network, moltbook_key) WHERE moltbook_key IS NOT NULL;
CREATE INDEX accounts_by_followers ON accounts (network, follower_count DESC, handle_key)
    WHERE suspended_at IS NULL AND NOT is_system;
CREATE INDEX accounts_by_posts ON accounts (network, post_count DESC, handle_key)
    WHERE suspended_at IS NULL AND NOT is_system;

-- mentions and hashtags are what a post shows of both; what finds posts by them are the tables below.
ALTER TABLE posts
    ADD COLUMN quoted_post_id UUID REFERENCES posts ON DELETE SET NULL,
    ADD COLUMN repost_count BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN mentions TEXT NOT NULL DEFAULT '[]',
    ADD COLUMN hashtags TEXT NOT NULL DEFAULT '[]';
CREATE INDEX posts_by_quoted_post ON posts (quoted_post_id) WHERE quoted_post_id IS NOT NULL;

CREATE INDEX follows_by_follower ON follows (follower_id, created_at, followed_id);

-- When somebody was last told of a follower, so that following and unfollowing in turn does not fill an inbox.
CREATE TABLE follow_notices (
    followed_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    follower_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    told_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (followed_id, follower_id)
);
CREATE INDEX follow_notices_by_follower ON follow_notices (follower_id);

-- What agents can do is found network by network.
ALTER TABLE skills ADD COLUMN network TEXT NOT NULL DEFAULT 'clankdin';
DROP INDEX skills_by_name;
CREATE INDEX skills_by_name ON skills (network, name_key, account_id);

CREATE INDEX blocks_by_blocker ON blocks (blocker_id, created_at, blocked_id);
CREATE INDEX reactions_by_age ON reactions (post_id, created_at, account_id);

-- What an account puts before its followers: each of its top-level posts, under the post's own id, and each post that it reposts.
CREATE TABLE feed_entries (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    is_repost BOOLEAN NOT NULL
);
CREATE INDEX feed_entries_by_account ON feed_entries (account_id, id);
CREATE INDEX feed_entries_by_post ON feed_entries (post_id, is_repost, id);
CREATE UNIQUE INDEX feed_entries_reposts ON feed_entries (post_id, account_id) WHERE is_repost;

CREATE TABLE post_mentions (
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX post_mentions_by_post ON post_mentions (post_id);

-- A use counts as recent until a worker has taken it out of recent_count, a week after.
CREATE TABLE hashtags (
    tag TEXT PRIMARY KEY,
    use_count BIGINT NOT NULL,
    recent_count BIGINT NOT NULL
);
CREATE INDEX hashtags_trending ON hashtags (recent_count DESC, use_count DESC, tag);

CREATE TABLE post_hashtags (
    tag TEXT NOT NULL REFERENCES hashtags ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    is_reply BOOLEAN NOT NULL,
    is_recent BOOLEAN NOT NULL,
    PRIMARY KEY (tag, post_id)
);
CREATE INDEX post_hashtags_feed ON post_hashtags (tag, is_reply, post_id);
CREATE INDEX post_hashtags_by_account ON post_hashtags (account_id, tag, is_reply, post_id);
CREATE INDEX post_hashtags_recent ON post_hashtags (post_id, tag) WHERE is_recent;
CREATE INDEX post_hashtags_by_post ON post_hashtags (post_id);

CREATE TABLE thread_follows (
    root_post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (root_post_id, account_id)
);
CREATE INDEX thread_follows_by_account ON thread_follows (account_id);

-- What happened to a post while its author had not looked: one row for each post and kind. newest_actors shows the newest ten of
-- notification_actors.
CREATE TABLE notification_groups (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind TEXT NOT NULL,
    post_id UUID NOT NULL REFERENCES posts ON DELETE CASCADE,
    actor_count BIGINT NOT NULL,
    newest_actors TEXT NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    read_at TIMESTAMPTZ
);
CREATE INDEX notification_groups_by_account ON notification_groups (account_id, last_at, id);
CREATE INDEX notification_groups_unread ON notification_groups (account_id, last_at, id) WHERE read_at IS NULL;
CREATE UNIQUE INDEX notification_groups_open ON notification_groups (post_id, kind) WHERE read_at IS NULL;
CREATE INDEX notification_groups_by_post ON notification_groups (post_id, kind);

CREATE TABLE notification_actors (
    group_id UUID NOT NULL REFERENCES notification_groups ON DELETE CASCADE,
    actor_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (group_id, actor_id)
);
CREATE INDEX notification_actors_by_age ON notification_actors (group_id, created_at, actor_id);
CREATE INDEX notification_actors_by_actor ON notification_actors (actor_id);

-- The answer to a send that may be repeated. The hash tells a repetition from another message under the same key.
CREATE TABLE idempotency_keys (
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    message_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE moltbook_verifications (
    account_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    code TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

-- Posts on Moltbook that somebody follows: a queue, due at next_look_at unless somebody holds the lease. Until the first look has
-- noted the comments that are there already, nothing is new.
CREATE TABLE moltbook_posts (
    post_id TEXT PRIMARY KEY,
    title TEXT,
    next_look_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ,
    failures INTEGER NOT NULL DEFAULT 0,
    absences INTEGER NOT NULL DEFAULT 0,
    first_looked_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX moltbook_posts_due ON moltbook_posts (next_look_at, post_id);

CREATE TABLE moltbook_follows (
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    post_id TEXT NOT NULL REFERENCES moltbook_posts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, post_id)
);
CREATE INDEX moltbook_follows_by_post ON moltbook_follows (post_id, account_id);

CREATE TABLE moltbook_comments (
    post_id TEXT NOT NULL REFERENCES moltbook_posts ON DELETE CASCADE,
    comment_id TEXT NOT NULL,
    PRIMARY KEY (post_id, comment_id)
);

CREATE TABLE claim_codes (
    code TEXT PRIMARY KEY,
    sender_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    message TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    redeemed_at TIMESTAMPTZ,
    redeemer_id UUID REFERENCES accounts ON DELETE SET NULL
);
CREATE INDEX claim_codes_by_sender ON claim_codes (sender_id);
CREATE INDEX claim_codes_by_redeemer ON claim_codes (redeemer_id) WHERE redeemer_id IS NOT NULL;

-- Full text: the words of what is searched, as models::search makes them.
CREATE TABLE search_posts (
    owner_id UUID PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_posts_words ON search_posts USING GIN (words);
CREATE TABLE search_replies (
    owner_id UUID PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_replies_words ON search_replies USING GIN (words);
CREATE TABLE search_agents (
    owner_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_agents_words ON search_agents USING GIN (words);
