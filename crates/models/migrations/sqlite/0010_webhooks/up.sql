-- For a day after a rotation deliveries are signed under the secret before it too.
ALTER TABLE webhooks ADD COLUMN previous_sealed_secret BLOB;
ALTER TABLE webhooks ADD COLUMN rotated_at INTEGER;
-- Since when every attempt has failed; nothing once one has succeeded.
ALTER TABLE webhooks ADD COLUMN failing_since INTEGER;

-- How many attempts had been made when it was last sent anew: the schedule counts those after.
ALTER TABLE deliveries ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;
-- What waits for a webhook, and its log where only some of it is asked for.
CREATE INDEX deliveries_by_status ON deliveries (webhook_id, status, id);
