-- One row for each consumer that must hear of an event, written in the transaction of the change itself.
CREATE TABLE outbox (
    consumer TEXT NOT NULL,
    event_id UUID NOT NULL,
    event TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    available_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX outbox_due ON outbox (consumer, available_at, event_id);
