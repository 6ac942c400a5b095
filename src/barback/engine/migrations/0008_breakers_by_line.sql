-- Breakers that go by the line of a message: one partner that is down stops its own line, not the queue.

-- 1: each line of its queues stands open or closed by itself.
ALTER TABLE engine_breaker ADD COLUMN by_line INTEGER NOT NULL DEFAULT 0;

-- A line that has no row is closed and had no failures lately. Columns as in `engine_breaker`; the probe is the
-- only message of its line that may run meanwhile.
CREATE TABLE engine_breaker_line (
    name TEXT NOT NULL,
    line TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'closed',
    forced TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    since_ms BIGINT NOT NULL DEFAULT 0,
    changed_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL DEFAULT 0,
    prober TEXT,
    probe TEXT,
    error TEXT,
    PRIMARY KEY (name, line)
);
CREATE INDEX engine_breaker_line_held ON engine_breaker_line (name, changed_ms) WHERE state = 'open' OR forced IS NOT NULL;
CREATE INDEX engine_breaker_line_since ON engine_breaker_line (since_ms) WHERE state = 'closed' AND forced IS NULL;

-- 1: a breaker holds this line; `room` is 1, for the probe, whatever its limits say.
ALTER TABLE engine_turn ADD COLUMN broken INTEGER NOT NULL DEFAULT 0;
