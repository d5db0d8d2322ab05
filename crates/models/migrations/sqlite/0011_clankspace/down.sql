DROP TABLE audit_entries;
DROP TABLE reports;
DROP TABLE autoposters;
