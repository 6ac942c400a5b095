-- Dead letters in bulk: the rows of redrives, and what they look through.

-- name: redrive_add
INSERT INTO engine_redrive (id, action, queue, task, key, fingerprint, batch, every_us, state, found, handled, after_ms, after_id, next_us, who, started_ms, ended_ms)
VALUES (:id, :action, :queue, :task, :key, :fingerprint, :batch, :every_us, 'running', :found, 0, 0, '', :next_us, :who, :now_ms, NULL);

-- name: redrive_of_id
SELECT id, action, queue, task, key, fingerprint, batch, every_us, state, found, handled, who, started_ms, ended_ms
FROM engine_redrive WHERE id = :id;

-- name: redrive_lock [sqlite]
SELECT id, action, queue, task, key, fingerprint, batch, every_us, state, found, handled, after_ms, after_id, next_us, who, started_ms
FROM engine_redrive WHERE id = :id;

-- name: redrive_lock [postgres]
SELECT id, action, queue, task, key, fingerprint, batch, every_us, state, found, handled, after_ms, after_id, next_us, who, started_ms
FROM engine_redrive WHERE id = :id FOR UPDATE;

-- name: redrive_move
UPDATE engine_redrive SET handled = :handled, after_ms = :after_ms, after_id = :after_id, next_us = :next_us WHERE id = :id;

-- name: redrive_end
UPDATE engine_redrive SET state = :state, ended_ms = :now_ms WHERE id = :id;

-- name: redrives_newest
SELECT id, action, queue, task, key, fingerprint, batch, every_us, state, found, handled, who, started_ms, ended_ms
FROM engine_redrive ORDER BY started_ms DESC, id DESC LIMIT :n;

-- name: redrive_looks
SELECT id, task, key, substr(error, 1, 300) AS error, about, died_ms FROM engine_dead
WHERE queue = :queue AND died_ms <= :upto_ms AND died_ms >= :after_ms AND (died_ms > :after_ms OR id > :after_id)
ORDER BY queue, died_ms, id LIMIT :n;

-- name: redrive_of_keys
SELECT id, task, key, substr(error, 1, 300) AS error, about, died_ms FROM engine_dead
WHERE queue = :queue AND key IN (:keys*) AND died_ms <= :upto_ms;

-- name: dead_lock [sqlite]
SELECT queue, key, id, task, tenant, payload, about FROM engine_dead WHERE id = :id;

-- name: dead_lock [postgres]
SELECT queue, key, id, task, tenant, payload, about FROM engine_dead WHERE id = :id FOR UPDATE;

-- name: dead_edit
UPDATE engine_dead SET payload = :payload, line = :line, about = :about WHERE id = :id;
