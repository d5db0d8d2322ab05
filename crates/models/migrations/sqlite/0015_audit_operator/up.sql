-- An actor that is gone leaves none either, and is not to be taken for the operator.
ALTER TABLE audit_entries ADD COLUMN by_operator INTEGER NOT NULL DEFAULT 0;
UPDATE audit_entries SET by_operator = 1 WHERE actor_id IS NULL;
