-- What operators look at beside the figures: how busy queues were, messages wherever they are, keys.

-- name: activity_since
SELECT minute_ms, queue, CAST(sum(done) AS BIGINT) AS done, CAST(sum(failed) + sum(dead) AS BIGINT) AS failed
FROM engine_tally WHERE minute_ms >= :since_ms GROUP BY minute_ms, queue;

-- What workers hold; a lease of bundles has no body of its own.
-- name: looks_leased
SELECT token, worker, claimed_ms, body FROM engine_lease ORDER BY token DESC LIMIT :n;

-- A large table would be read from wherever the last one who read it had come to: the first page of a search and
-- the second would be of other messages.
-- name: looks_still [postgres]
SELECT set_config('synchronize_seqscans', 'off', true);

-- Keys whose head died and closed them; there is a dead letter for each. The lane of each letter is looked up by itself,
-- so that those that died last are enough: joined, every lane and every letter would be read.
-- name: keys_closed
SELECT c.queue AS queue, c.key AS key, d.id AS letter, d.task AS task, substr(d.error, 1, 300) AS error, d.died_ms AS died_ms
FROM (SELECT k.id, k.queue, k.key FROM (SELECT id, queue, key, died_ms FROM engine_dead WHERE key IS NOT NULL ORDER BY died_ms DESC, id DESC LIMIT :looked) k
    WHERE (SELECT l.since_ms FROM engine_lane l WHERE l.queue = k.queue AND l.key = k.key AND l.state = 'parked') = k.died_ms
    ORDER BY k.died_ms DESC, k.id DESC LIMIT :n) c
JOIN engine_dead d ON d.id = c.id ORDER BY d.died_ms DESC, d.id DESC;

-- name: keys_hot
SELECT queue, key, count(*) AS n, min(enqueued_ms) AS first_ms FROM (SELECT queue, key, enqueued_ms FROM engine_parked LIMIT :looked) p
GROUP BY queue, key ORDER BY n DESC, queue, key LIMIT :n;

-- name: key_lane
SELECT state, since_ms, paused FROM engine_lane WHERE queue = :queue AND key = :key;

-- name: key_waiting
SELECT id, task, tenant, enqueued_ms FROM engine_parked WHERE queue = :queue AND key = :key ORDER BY queue, key, pos LIMIT :n;

-- name: key_count
SELECT count(*) AS n FROM (SELECT 1 FROM engine_parked WHERE queue = :queue AND key = :key LIMIT :cap) counted;

-- name: key_dead
SELECT id, task, substr(error, 1, 300) AS error, died_ms FROM engine_dead WHERE queue = :queue AND key = :key ORDER BY died_ms DESC LIMIT :n;

-- A message stays in its queue: one that ever failed is looked for there.
-- name: looks_failed
SELECT queue FROM engine_failure WHERE message_id = :id LIMIT 1;

-- name: looks_held
SELECT body FROM engine_bundle WHERE token = :token ORDER BY pos;

-- name: looks_bundled
SELECT body FROM engine_bundle WHERE token IS NULL ORDER BY pos LIMIT :n;

-- By its id a message is found in whatever is packed or held, by the bytes of the id.
-- name: looks_leased_with [sqlite]
SELECT token, worker, claimed_ms, body FROM engine_lease WHERE instr(body, CAST(:id AS BLOB)) > 0
    OR token IN (SELECT token FROM engine_bundle WHERE token IS NOT NULL AND instr(body, CAST(:pack AS BLOB)) > 0);

-- name: looks_leased_with [postgres]
SELECT token, worker, claimed_ms, body FROM engine_lease WHERE position(convert_to(:id, 'UTF8') IN body) > 0
    OR token IN (SELECT token FROM engine_bundle WHERE token IS NOT NULL AND position(convert_to(:pack, 'UTF8') IN body) > 0);

-- name: looks_bundled_with [sqlite]
SELECT body FROM engine_bundle WHERE token IS NULL AND instr(body, CAST(:pack AS BLOB)) > 0;

-- name: looks_bundled_with [postgres]
SELECT body FROM engine_bundle WHERE token IS NULL AND position(convert_to(:pack, 'UTF8') IN body) > 0;
