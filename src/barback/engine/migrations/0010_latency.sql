-- How long messages waited and handlers ran, in the counts of each minute; and what each queue did and had
-- waiting, minute by minute, over all tasks and workers: what the charts of a day are drawn from.

-- dialect: both
-- Counts by bucket as JSON (see latencies.py); a worker's row is its own, so it writes all of a minute each time.
ALTER TABLE engine_tally ADD COLUMN waited TEXT NOT NULL DEFAULT '{}';
ALTER TABLE engine_tally ADD COLUMN ran TEXT NOT NULL DEFAULT '{}';

-- The queue '' is all of them. `done` and what follows is NULL until the minute is over and summed up;
-- `waiting` is NULL in a minute at which nobody looked.
CREATE TABLE engine_minute (
    queue TEXT NOT NULL,
    minute_ms BIGINT NOT NULL,
    done BIGINT,
    failed BIGINT,
    dead BIGINT,
    waiting BIGINT,
    PRIMARY KEY (queue, minute_ms)
);
CREATE INDEX engine_minute_old ON engine_minute (minute_ms);
