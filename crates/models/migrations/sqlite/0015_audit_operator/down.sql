ALTER TABLE audit_entries DROP COLUMN by_operator;
