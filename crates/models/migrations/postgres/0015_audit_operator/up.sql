-- An actor that is gone leaves none either, and is not to be taken for the operator.
ALTER TABLE audit_entries ADD COLUMN by_operator BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE audit_entries SET by_operator = TRUE WHERE actor_id IS NULL;
