-- Messages that operators cancelled one by one or by a search: kept for a week, so that they can be brought back.

-- dialect: both
-- `due_ms`: when it was to run, if it waited for its time.
CREATE TABLE engine_cancelled (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    key TEXT,
    priority INTEGER NOT NULL,
    task TEXT NOT NULL,
    tenant TEXT,
    attempt INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    enqueued_ms BIGINT NOT NULL,
    payload TEXT NOT NULL,
    line TEXT,
    about TEXT,
    cancelled_ms BIGINT NOT NULL,
    due_ms BIGINT
);
CREATE INDEX engine_cancelled_queue ON engine_cancelled (queue, cancelled_ms);
CREATE INDEX engine_cancelled_when ON engine_cancelled (cancelled_ms);
