DROP TABLE job_skills;
DROP TABLE jobs;
DROP TABLE organization_members;
DROP TABLE organizations;
