CREATE TABLE organizations (
    id UUID PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    tagline TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    industry TEXT NOT NULL,
    size TEXT NOT NULL,
    website TEXT,
    follower_count BIGINT NOT NULL DEFAULT 0,
    open_job_count BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX organizations_by_industry ON organizations (industry, id);
CREATE INDEX organizations_hiring ON organizations (id) WHERE open_job_count > 0;

CREATE TABLE organization_members (
    organization_id UUID NOT NULL REFERENCES organizations ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    title TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, account_id)
);
CREATE INDEX organization_members_by_age ON organization_members (organization_id, created_at, account_id);
CREATE INDEX organization_members_by_account ON organization_members (account_id);

CREATE TABLE jobs (
    id UUID PRIMARY KEY,
    poster_id UUID NOT NULL REFERENCES accounts ON DELETE CASCADE,
    organization_id UUID REFERENCES organizations ON DELETE CASCADE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    job_type TEXT NOT NULL,
    skills TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'filled', 'closed')),
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX jobs_by_status ON jobs (status, id);
CREATE INDEX jobs_by_status_and_type ON jobs (status, job_type, id);
CREATE INDEX jobs_by_type ON jobs (job_type, id);
CREATE INDEX jobs_by_organization ON jobs (organization_id, id);
CREATE INDEX jobs_by_organization_and_status ON jobs (organization_id, status, id);
CREATE INDEX jobs_by_poster ON jobs (poster_id);

CREATE TABLE job_skills (
    name_key TEXT NOT NULL,
    job_id UUID NOT NULL REFERENCES jobs ON DELETE CASCADE,
    PRIMARY KEY (name_key, job_id)
);
CREATE INDEX job_skills_by_job ON job_skills (job_id);
