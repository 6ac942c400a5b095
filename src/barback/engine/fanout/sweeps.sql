-- Sweeps: how far the last run of each is.

-- name: sweep_add
INSERT INTO engine_sweep (name, step, found, started_ms, finished_ms) VALUES (:name, 0, 0, :now_ms, :now_ms)
ON CONFLICT (name) DO NOTHING;

-- name: sweep_lock [sqlite]
SELECT batch, step, after, found, message, started_ms, finished_ms FROM engine_sweep WHERE name = :name;

-- name: sweep_lock [postgres]
SELECT batch, step, after, found, message, started_ms, finished_ms FROM engine_sweep WHERE name = :name FOR UPDATE;

-- name: sweep_one
SELECT batch, step, after, found, message, started_ms, finished_ms FROM engine_sweep WHERE name = :name;

-- name: sweep_begin
UPDATE engine_sweep SET batch = :batch, step = 0, after = NULL, found = 0, message = :message, started_ms = :now_ms,
    finished_ms = NULL WHERE name = :name;

-- name: sweep_move
UPDATE engine_sweep SET step = step + 1, after = :after, found = found + :found, message = :message,
    finished_ms = :finished_ms WHERE name = :name;
