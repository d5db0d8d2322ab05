DROP INDEX reports_open;
CREATE INDEX reports_open ON reports (post_id, created_at) WHERE dismissed_at IS NULL;
