-- One row for each consumer that must hear of an event, written in the transaction of the change itself.
CREATE TABLE outbox (
    consumer TEXT NOT NULL,
    event_id BLOB NOT NULL,
    event TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    available_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, event_id)
) STRICT;
CREATE INDEX outbox_due ON outbox (consumer, available_at, event_id);
