//! Work: organizations and jobs.
