-- SQLite reads all reports, dismissed ones too, rather than an index that leaves out a column which the query names.
DROP INDEX reports_open;
CREATE INDEX reports_open ON reports (post_id, created_at, dismissed_at) WHERE dismissed_at IS NULL;
