-- What the autoscaler decided: few rows, read newest first, forgotten after two weeks.

CREATE TABLE engine_scaling (
    id TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    before INTEGER NOT NULL,
    after INTEGER NOT NULL,
    least INTEGER NOT NULL,
    most INTEGER NOT NULL,
    ready BIGINT NOT NULL,
    in_flight BIGINT NOT NULL,
    oldest_ms BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX engine_scaling_at ON engine_scaling (at_ms, id);
