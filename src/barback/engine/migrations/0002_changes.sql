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

-- Dead letters on their way round again, or out: which, how fast, how far. Letters are taken in the order in
-- which they died, up to those that were dead at the start; (after_ms, after_id) is how far that has come.
CREATE TABLE engine_redrive (
    id TEXT PRIMARY KEY,
    action TEXT NOT NULL,
    queue TEXT NOT NULL,
    task TEXT,
    key TEXT,
    fingerprint TEXT,
    batch TEXT,
    every_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    found BIGINT NOT NULL,
    handled BIGINT NOT NULL,
    after_ms BIGINT NOT NULL,
    after_id TEXT NOT NULL,
    next_us BIGINT NOT NULL,
    who TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT
);
CREATE INDEX engine_redrive_started ON engine_redrive (started_ms, id);
