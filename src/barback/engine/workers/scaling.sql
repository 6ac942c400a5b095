-- What the supervisor decided, and why.

-- name: scaling_add
INSERT INTO engine_scaling (id, at_ms, host, pid, before, after, least, most, ready, in_flight, oldest_ms, reason)
VALUES (:id, :at_ms, :host, :pid, :before, :after, :least, :most, :ready, :in_flight, :oldest_ms, :reason);

-- name: scaling_newest
SELECT at_ms, host, pid, before, after, least, most, ready, in_flight, oldest_ms, reason FROM engine_scaling
ORDER BY at_ms DESC, id DESC LIMIT :n;

