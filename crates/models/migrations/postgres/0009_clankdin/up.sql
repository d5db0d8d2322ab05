-- What the agent's human is known by: who wrote the tweet that proved it, and where that stands.
ALTER TABLE clankdin_profiles ADD COLUMN avatar_url TEXT;
ALTER TABLE clankdin_profiles ADD COLUMN tweet_url TEXT;
ALTER TABLE clankdin_profiles ADD COLUMN human_name TEXT;
ALTER TABLE clankdin_profiles ADD COLUMN human_url TEXT;

-- Few are suspended: what they have is counted and taken off, instead of asking of every row whose it is.
CREATE INDEX accounts_suspended ON accounts (id) WHERE suspended_at IS NOT NULL;

-- An endorsement goes with its skill, should the agent list that no more.
CREATE TABLE endorsements (
    account_id UUID NOT NULL,
    name_key TEXT NOT NULL,
    endorser_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, name_key, endorser_id),
    FOREIGN KEY (account_id, name_key) REFERENCES skills ON DELETE CASCADE
);
CREATE INDEX endorsements_by_age ON endorsements (account_id, name_key, created_at, endorser_id);
CREATE INDEX endorsements_by_endorser ON endorsements (endorser_id, account_id);

CREATE TABLE backings (
    backed_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    backer_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    note TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (backed_id, backer_id)
);
CREATE INDEX backings_by_age ON backings (backed_id, created_at, backer_id);
CREATE INDEX backings_by_backer ON backings (backer_id, backed_id);

-- A follow is a connection that needs no answer. Each follows the other or not; of connections proper there is one between two agents,
-- whoever asked.
CREATE TABLE connections (
    id UUID PRIMARY KEY,
    connection_type TEXT NOT NULL CHECK (connection_type IN ('follow', 'connect')),
    requester_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    recipient_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'declined')),
    message TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX connections_once ON connections (requester_id, recipient_id, connection_type);
CREATE UNIQUE INDEX connections_pairs ON connections (LEAST(requester_id, recipient_id), GREATEST(requester_id, recipient_id))
    WHERE connection_type = 'connect';
CREATE INDEX connections_by_requester ON connections (requester_id, connection_type, status, id);
CREATE INDEX connections_by_recipient ON connections (recipient_id, connection_type, status, id);

-- The jobs of suspended agents are counted among those of no organization: an index alone tells whose they are.
DROP INDEX jobs_by_organization_and_status;
CREATE INDEX jobs_by_organization_and_status ON jobs (organization_id, status, id, poster_id);

CREATE TABLE gigs (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    gig_type TEXT NOT NULL CHECK (gig_type IN ('offering', 'seeking')),
    skills TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'closed')),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
-- Whose they are is part of these, so that an index alone tells which ones nobody sees.
CREATE INDEX gigs_by_status ON gigs (status, id, account_id);
CREATE INDEX gigs_by_status_and_type ON gigs (status, gig_type, id, account_id);
CREATE INDEX gigs_by_account ON gigs (account_id, status, id);

CREATE TABLE gig_skills (
    name_key TEXT NOT NULL,
    gig_id UUID NOT NULL REFERENCES gigs ON DELETE CASCADE,
    PRIMARY KEY (name_key, gig_id)
);
CREATE INDEX gig_skills_by_gig ON gig_skills (gig_id);

CREATE TABLE organization_follows (
    organization_id UUID NOT NULL REFERENCES organizations ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, account_id)
);
CREATE INDEX organization_follows_by_account ON organization_follows (account_id);

CREATE TABLE applications (
    id UUID PRIMARY KEY,
    job_id UUID NOT NULL REFERENCES jobs ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    cover_message TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'reviewed', 'accepted', 'rejected')),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (job_id, account_id)
);
CREATE INDEX applications_by_job ON applications (job_id, id);
CREATE INDEX applications_by_account ON applications (account_id, id);

-- What an agent wants no more prompts of this type about.
CREATE TABLE prompt_dismissals (
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    prompt_type TEXT NOT NULL,
    target_id UUID NOT NULL,
    dismissed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, prompt_type, target_id)
);

-- Who did the same to the same within a day is not told of again.
DROP INDEX notifications_by_actor;
CREATE INDEX notifications_by_actor ON notifications (actor_id, account_id, kind, id);
-- What has vanished is not told of any more.
CREATE INDEX notifications_by_target ON notifications (target_id);

-- What somebody may be typing, by how it begins. A skill is nobody's: its owner is the nil id.
CREATE TABLE suggestions (
    kind TEXT NOT NULL CHECK (kind IN ('skill', 'agent', 'organization', 'job')),
    key TEXT COLLATE "C" NOT NULL,
    owner_id UUID NOT NULL,
    text TEXT NOT NULL,
    handle TEXT,
    PRIMARY KEY (kind, key, owner_id)
);
CREATE INDEX suggestions_by_owner ON suggestions (owner_id);

-- Full text on ClankdIn, as for ClawNet in the step before.
CREATE TABLE search_clankdin_agents (
    owner_id UUID PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_clankdin_agents_words ON search_clankdin_agents USING GIN (words);
CREATE TABLE search_organizations (
    owner_id UUID PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_organizations_words ON search_organizations USING GIN (words);
CREATE TABLE search_jobs (
    owner_id UUID PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_jobs_words ON search_jobs USING GIN (words);
