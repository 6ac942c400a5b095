-- What operators changed, who they were, and how it was before; and what the console looks up by index.

CREATE TABLE engine_change (
    id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE INDEX engine_change_at ON engine_change (at_ms, id);
CREATE INDEX engine_change_subject ON engine_change (subject, at_ms, id);

CREATE INDEX engine_dead_key ON engine_dead (queue, key);

-- Only minutes in which something failed, so that the failures of an hour are few rows however much was done.
CREATE INDEX engine_tally_failed ON engine_tally (minute_ms, queue, failed, dead) WHERE failed > 0 OR dead > 0;
