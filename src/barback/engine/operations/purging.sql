-- Taking everything out of a queue that waits there, or (with :tenant) what is one tenant's, some thousands at a time.

-- name: purge_arrival [sqlite]
DELETE FROM engine_arrival WHERE pos IN (SELECT pos FROM engine_arrival WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) ORDER BY pos LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: purge_arrival [postgres]
DELETE FROM engine_arrival WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_arrival WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) ORDER BY queue, pos LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: purge_parked [sqlite]
DELETE FROM engine_parked WHERE pos IN (SELECT pos FROM engine_parked WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: purge_parked [postgres]
DELETE FROM engine_parked WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_parked WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 0 AS is_head;

-- name: purge_later [sqlite]
DELETE FROM engine_later WHERE pos IN (SELECT pos FROM engine_later WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, is_head;

-- name: purge_later [postgres]
DELETE FROM engine_later WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_later WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, is_head;

-- name: purge_ready [sqlite]
DELETE FROM engine_ready WHERE pos IN (SELECT pos FROM engine_ready WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: purge_ready [postgres]
DELETE FROM engine_ready WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_ready WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: purge_line [sqlite]
DELETE FROM engine_line WHERE pos IN (SELECT pos FROM engine_line WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n)
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: purge_line [postgres]
DELETE FROM engine_line WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_line WHERE queue = :queue AND enqueued_ms <= :upto_ms AND (:tenant = '' OR tenant = :tenant) LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING pos, queue, key, priority, id, task, tenant, attempt, attempts_max, enqueued_ms, payload, line, about, 1 AS is_head;

-- name: purge_bundle [sqlite]
DELETE FROM engine_bundle WHERE pos IN (
    SELECT pos FROM engine_bundle WHERE queue = :queue AND token IS NULL AND enqueued_ms <= :upto_ms LIMIT :n)
RETURNING body;

-- name: purge_bundle [postgres]
DELETE FROM engine_bundle WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM engine_bundle WHERE queue = :queue AND token IS NULL AND enqueued_ms <= :upto_ms LIMIT :n FOR UPDATE SKIP LOCKED))
RETURNING body;

-- name: bundles_upto
SELECT pos, body FROM engine_bundle
WHERE queue = :queue AND token IS NULL AND enqueued_ms <= :upto_ms AND pos > :last ORDER BY pos LIMIT :n;

-- name: bundles_out
DELETE FROM engine_bundle WHERE pos IN (:places*) AND token IS NULL RETURNING body;
