-- What the console asks of workers and schedules, and what it sees of them.

-- dialect: both
-- An operator asked it at that time to finish, claim nothing more and end; `leaving`: it can no longer be asked back.
ALTER TABLE engine_worker ADD COLUMN drain_ms BIGINT;
ALTER TABLE engine_worker ADD COLUMN leaving INTEGER NOT NULL DEFAULT 0;
-- As its last beat said: memory of the process, processor time since it began, and between its last two beats.
ALTER TABLE engine_worker ADD COLUMN memory_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE engine_worker ADD COLUMN cpu_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE engine_worker ADD COLUMN cpu_permille INTEGER NOT NULL DEFAULT 0;

-- What it enqueues; an operator paused it; somebody (`asked_by`) wants it to fire now, at the next look of a worker.
ALTER TABLE engine_schedule ADD COLUMN task TEXT NOT NULL DEFAULT '';
ALTER TABLE engine_schedule ADD COLUMN queue TEXT NOT NULL DEFAULT '';
ALTER TABLE engine_schedule ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE engine_schedule ADD COLUMN asked_ms BIGINT;
ALTER TABLE engine_schedule ADD COLUMN asked_by TEXT;

-- Who fired it and the message it became, if any; how many ticks before it were left out since the last.
ALTER TABLE engine_tick ADD COLUMN worker TEXT NOT NULL DEFAULT '';
ALTER TABLE engine_tick ADD COLUMN message TEXT;
ALTER TABLE engine_tick ADD COLUMN asked_by TEXT;
ALTER TABLE engine_tick ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
