DROP INDEX deliveries_by_status;
ALTER TABLE deliveries DROP COLUMN attempts_before;
ALTER TABLE webhooks DROP COLUMN failing_since;
ALTER TABLE webhooks DROP COLUMN rotated_at;
ALTER TABLE webhooks DROP COLUMN previous_sealed_secret;
