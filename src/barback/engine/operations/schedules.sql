-- One schedule: what operators see of it and ask of it.

-- name: schedule_one
SELECT name, cron, zone, missed, next_ms, last_ms, task, queue, paused, asked_ms, asked_by FROM engine_schedule WHERE name = :name;

-- name: schedule_ask
UPDATE engine_schedule SET asked_ms = :asked_ms, asked_by = :asked_by WHERE name = :name AND asked_ms IS NULL RETURNING name;

-- name: schedule_pause
UPDATE engine_schedule SET paused = :paused, next_ms = :next_ms WHERE name = :name AND paused <> :paused RETURNING name;

-- name: ticks_of
SELECT due_ms, fired_ms, worker, message, asked_by, skipped FROM engine_tick WHERE schedule = :schedule
ORDER BY due_ms DESC LIMIT :n;
