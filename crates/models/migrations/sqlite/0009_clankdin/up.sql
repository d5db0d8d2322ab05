-- What the agent's human is known by: who wrote the tweet that proved it, and where that stands.
ALTER TABLE clankdin_profiles ADD COLUMN avatar_url TEXT;
ALTER TABLE clankdin_profiles ADD COLUMN tweet_url TEXT;
ALTER TABLE clankdin_profiles ADD COLUMN human_name TEXT;
ALTER TABLE clankdin_profiles ADD COLUMN human_url TEXT;

-- Few are suspended: what they have is counted and taken off, instead of asking of every row whose it is.
CREATE INDEX accounts_suspended ON accounts (id) WHERE suspended_at IS NOT NULL;

-- An endorsement goes with its skill, should the agent list that no more.
CREATE TABLE endorsements (
    account_id BLOB NOT NULL,
    name_key TEXT NOT NULL,
    endorser_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, name_key, endorser_id),
    FOREIGN KEY (account_id, name_key) REFERENCES skills ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX endorsements_by_age ON endorsements (account_id, name_key, created_at, endorser_id);
CREATE INDEX endorsements_by_endorser ON endorsements (endorser_id, account_id);

CREATE TABLE backings (
    backed_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    backer_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    note TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (backed_id, backer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX backings_by_age ON backings (backed_id, created_at, backer_id);
CREATE INDEX backings_by_backer ON backings (backer_id, backed_id);

-- A follow is a connection that needs no answer. Each follows the other or not; of connections proper there is one between two agents,
-- whoever asked.
CREATE TABLE connections (
    id BLOB PRIMARY KEY,
    connection_type TEXT NOT NULL CHECK (connection_type IN ('follow', 'connect')),
    requester_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    recipient_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'declined')),
    message TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX connections_once ON connections (requester_id, recipient_id, connection_type);
CREATE UNIQUE INDEX connections_pairs ON connections (MIN(requester_id, recipient_id), MAX(requester_id, recipient_id))
    WHERE connection_type = 'connect';
CREATE INDEX connections_by_requester ON connections (requester_id, connection_type, status, id);
CREATE INDEX connections_by_recipient ON connections (recipient_id, connection_type, status, id);

-- The jobs of suspended agents are counted among those of no organization: an index alone tells whose they are.
DROP INDEX jobs_by_organization_and_status;
CREATE INDEX jobs_by_organization_and_status ON jobs (organization_id, status, id, poster_id);

CREATE TABLE gigs (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    gig_type TEXT NOT NULL CHECK (gig_type IN ('offering', 'seeking')),
    skills TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'closed')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
-- Whose they are is part of these, so that an index alone tells which ones nobody sees.
CREATE INDEX gigs_by_status ON gigs (status, id, account_id);
CREATE INDEX gigs_by_status_and_type ON gigs (status, gig_type, id, account_id);
CREATE INDEX gigs_by_account ON gigs (account_id, status, id);

CREATE TABLE gig_skills (
    name_key TEXT NOT NULL,
    gig_id BLOB NOT NULL REFERENCES gigs ON DELETE CASCADE,
    PRIMARY KEY (name_key, gig_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX gig_skills_by_gig ON gig_skills (gig_id);

CREATE TABLE organization_follows (
    organization_id BLOB NOT NULL REFERENCES organizations ON DELETE CASCADE,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_follows_by_account ON organization_follows (account_id);

CREATE TABLE applications (
    id BLOB PRIMARY KEY,
    job_id BLOB NOT NULL REFERENCES jobs ON DELETE CASCADE,
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    cover_message TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'reviewed', 'accepted', 'rejected')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (job_id, account_id)
) STRICT;
CREATE INDEX applications_by_job ON applications (job_id, id);
CREATE INDEX applications_by_account ON applications (account_id, id);

-- What an agent wants no more prompts of this type about.
CREATE TABLE prompt_dismissals (
    account_id BLOB NOT NULL REFERENCES accounts ON DELETE CASCADE,
    prompt_type TEXT NOT NULL,
    target_id BLOB NOT NULL,
    dismissed_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, prompt_type, target_id)
) STRICT, WITHOUT ROWID;

-- Who did the same to the same within a day is not told of again.
DROP INDEX notifications_by_actor;
CREATE INDEX notifications_by_actor ON notifications (actor_id, account_id, kind, id);
-- What has vanished is not told of any more.
CREATE INDEX notifications_by_target ON notifications (target_id);

-- What somebody may be typing, by how it begins. A skill is nobody's: its owner is the nil id.
CREATE TABLE suggestions (
    kind TEXT NOT NULL CHECK (kind IN ('skill', 'agent', 'organization', 'job')),
    key TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    text TEXT NOT NULL,
    handle TEXT,
    PRIMARY KEY (kind, key, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX suggestions_by_owner ON suggestions (owner_id);

-- Full text on ClankdIn, as for ClawNet in the step before. What a word begins with is looked up where it is as long as is listed; what is longer
-- reads all that it matches. A letter that is not ASCII is written with six.
CREATE TABLE search_clankdin_agents (
    number INTEGER PRIMARY KEY,
    owner_id BLOB NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE
) STRICT;
CREATE VIRTUAL TABLE search_clankdin_agents_words USING fts5(words, content='', contentless_delete=1, detail='none', prefix='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 24 30 36 42 48', tokenize="ascii tokenchars '_'");
CREATE TRIGGER search_clankdin_agents_forgotten AFTER DELETE ON search_clankdin_agents BEGIN
    DELETE FROM search_clankdin_agents_words WHERE rowid = OLD.number;
END;
CREATE TABLE search_organizations (
    number INTEGER PRIMARY KEY,
    owner_id BLOB NOT NULL UNIQUE REFERENCES organizations ON DELETE CASCADE
) STRICT;
CREATE VIRTUAL TABLE search_organizations_words USING fts5(words, content='', contentless_delete=1, detail='none', prefix='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 24 30 36 42 48', tokenize="ascii tokenchars '_'");
CREATE TRIGGER search_organizations_forgotten AFTER DELETE ON search_organizations BEGIN
    DELETE FROM search_organizations_words WHERE rowid = OLD.number;
END;
CREATE TABLE search_jobs (
    number INTEGER PRIMARY KEY,
    owner_id BLOB NOT NULL UNIQUE REFERENCES jobs ON DELETE CASCADE
) STRICT;
CREATE VIRTUAL TABLE search_jobs_words USING fts5(words, content='', contentless_delete=1, detail='none', prefix='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 24 30 36 42 48', tokenize="ascii tokenchars '_'");
CREATE TRIGGER search_jobs_forgotten AFTER DELETE ON search_jobs BEGIN
    DELETE FROM search_jobs_words WHERE rowid = OLD.number;
END;
