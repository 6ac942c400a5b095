-- What guards the work: dedupe, breakers, and the ledger of what attempts used.

-- A token whose window is over is entered anew.
-- name: dedupe_enter [sqlite]
INSERT INTO engine_dedupe (task, token, id, until_ms)
SELECT :task, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
FROM json_each(:asked) WHERE true
ON CONFLICT (task, token) DO UPDATE SET id = excluded.id, until_ms = excluded.until_ms
    WHERE engine_dedupe.until_ms <= :now_ms
RETURNING token;

-- name: dedupe_enter [postgres]
INSERT INTO engine_dedupe (task, token, id, until_ms)
SELECT :task, asked.token, asked.id, asked.until_ms
FROM unnest(:tokens::text[], :ids::text[], :until::bigint[]) AS asked(token, id, until_ms) ORDER BY asked.token
ON CONFLICT (task, token) DO UPDATE SET id = excluded.id, until_ms = excluded.until_ms
    WHERE engine_dedupe.until_ms <= :now_ms
RETURNING token;

-- name: dedupe_known
SELECT token, id FROM engine_dedupe WHERE task = :task AND token IN (:tokens*);

-- name: breaker_declare
INSERT INTO engine_breaker (name, changed_ms, failures_max, within_ms, open_ms, queues, by_line)
VALUES (:name, :now_ms, :failures_max, :within_ms, :open_ms, :queues, :by_line)
ON CONFLICT (name) DO UPDATE SET failures_max = excluded.failures_max, within_ms = excluded.within_ms,
    open_ms = excluded.open_ms, queues = excluded.queues, by_line = excluded.by_line;

-- name: breaker_look
SELECT name, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, prober_until_ms, error,
    failures_max, within_ms, open_ms, queues, by_line
FROM engine_breaker WHERE name = :name;

-- name: breaker_lock [sqlite]
SELECT name, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, prober_until_ms, error,
    failures_max, within_ms, open_ms, queues, by_line
FROM engine_breaker WHERE name = :name;

-- name: breaker_lock [postgres]
SELECT name, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, prober_until_ms, error,
    failures_max, within_ms, open_ms, queues, by_line
FROM engine_breaker WHERE name = :name FOR UPDATE;

-- name: breakers
SELECT name, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, prober_until_ms, error,
    failures_max, within_ms, open_ms, queues, by_line
FROM engine_breaker ORDER BY name;

-- One probe at a time. That of a worker that is gone, or that takes too long, is given up.
-- name: breaker_probe
UPDATE engine_breaker SET prober = :worker, probe = NULL, prober_until_ms = :prober_until_ms
WHERE name = :name AND state = 'open' AND forced IS NULL AND until_ms <= :now_ms
    AND (prober IS NULL OR prober_until_ms <= :now_ms
         OR NOT EXISTS (SELECT 1 FROM engine_worker w WHERE w.id = engine_breaker.prober));

-- name: breaker_write
UPDATE engine_breaker SET state = :state, forced = :forced, failures = :failures, since_ms = :since_ms,
    changed_ms = :changed_ms, until_ms = :until_ms, prober = :prober, probe = :probe,
    prober_until_ms = :prober_until_ms, error = :error
WHERE name = :name;

-- name: broken_look
SELECT line, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, error
FROM engine_breaker_line WHERE name = :name AND line IN (:lines*);

-- The row is ours until the commit, also one that was not there.
-- name: broken_lock
INSERT INTO engine_breaker_line (name, line, changed_ms) VALUES (:name, :line, :now_ms)
ON CONFLICT (name, line) DO UPDATE SET name = excluded.name
RETURNING line, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, error;

-- name: broken_write
UPDATE engine_breaker_line SET state = :state, forced = :forced, failures = :failures, since_ms = :since_ms,
    changed_ms = :changed_ms, until_ms = :until_ms, prober = :prober, probe = :probe, error = :error
WHERE name = :name AND line = :line;

-- name: broken_drop
DELETE FROM engine_breaker_line WHERE name = :name AND line = :line;

-- name: broken_probe
UPDATE engine_breaker_line SET prober = :worker, probe = :probe WHERE name = :name AND line = :line AND state = 'open';

-- name: broken_page
SELECT line, state, forced, failures, since_ms, changed_ms, until_ms, prober, probe, error
FROM engine_breaker_line WHERE name = :name AND (state = 'open' OR forced IS NOT NULL)
ORDER BY changed_ms DESC, line LIMIT :n;

-- name: broken_counts
SELECT b.name AS name, (SELECT count(*) FROM engine_breaker_line l WHERE l.name = b.name
    AND coalesce(l.forced, l.state) = 'open') AS open
FROM engine_breaker b WHERE b.by_line = 1 ORDER BY b.name;
