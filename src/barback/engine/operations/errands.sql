-- Errands: what operators asked for that takes long, and how far it is.

-- name: errand_add
INSERT INTO engine_errand (id, asked, state, found, at_least, handled, left_alone, place, error, who, started_ms, ended_ms)
VALUES (:id, :asked, 'running', :found, :at_least, 0, 0, '', NULL, :who, :now_ms, NULL);

-- name: errand_of_id
SELECT id, asked, state, found, at_least, handled, left_alone, error, who, started_ms, ended_ms FROM engine_errand WHERE id = :id;

-- name: errand_lock [sqlite]
SELECT id, asked, state, handled, left_alone, place, who, started_ms FROM engine_errand WHERE id = :id;

-- name: errand_lock [postgres]
SELECT id, asked, state, handled, left_alone, place, who, started_ms FROM engine_errand WHERE id = :id FOR UPDATE;

-- name: errand_move
UPDATE engine_errand SET handled = :handled, left_alone = :left_alone, place = :place WHERE id = :id;

-- name: errand_end
UPDATE engine_errand SET state = :state, error = :error, ended_ms = :now_ms WHERE id = :id;

-- name: errands_newest
SELECT id, asked, state, found, at_least, handled, left_alone, error, who, started_ms, ended_ms
FROM engine_errand ORDER BY started_ms DESC, id DESC LIMIT :n;

-- name: lease_queues
SELECT DISTINCT queue FROM engine_lease WHERE worker = 'nobody';
