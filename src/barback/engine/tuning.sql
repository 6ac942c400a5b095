-- What operators change of queues while they run.

-- name: priority_ready [sqlite]
UPDATE engine_ready SET priority = :priority WHERE pos IN (SELECT pos FROM engine_ready WHERE queue = :queue AND priority <> :priority
    AND (:task IS NULL OR task = :task) AND (:key IS NULL OR key = :key) AND (:tenant IS NULL OR tenant = :tenant)
    AND (:id IS NULL OR id = :id) LIMIT :n);

-- name: priority_ready [postgres]
UPDATE engine_ready SET priority = :priority::int WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_ready
    WHERE queue = :queue AND priority <> :priority::int AND (:task::text IS NULL OR task = :task::text)
    AND (:key::text IS NULL OR key = :key::text) AND (:tenant::text IS NULL OR tenant = :tenant::text)
    AND (:id::text IS NULL OR id = :id::text) LIMIT :n FOR UPDATE SKIP LOCKED));

-- name: priority_line [sqlite]
UPDATE engine_line SET priority = :priority WHERE pos IN (SELECT pos FROM engine_line WHERE queue = :queue AND priority <> :priority
    AND (:task IS NULL OR task = :task) AND (:key IS NULL OR key = :key) AND (:tenant IS NULL OR tenant = :tenant)
    AND (:id IS NULL OR id = :id) LIMIT :n);

-- name: priority_line [postgres]
UPDATE engine_line SET priority = :priority::int WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_line
    WHERE queue = :queue AND priority <> :priority::int AND (:task::text IS NULL OR task = :task::text)
    AND (:key::text IS NULL OR key = :key::text) AND (:tenant::text IS NULL OR tenant = :tenant::text)
    AND (:id::text IS NULL OR id = :id::text) LIMIT :n FOR UPDATE SKIP LOCKED));

-- name: priority_later [sqlite]
UPDATE engine_later SET priority = :priority WHERE pos IN (SELECT pos FROM engine_later WHERE queue = :queue AND priority <> :priority
    AND (:task IS NULL OR task = :task) AND (:key IS NULL OR key = :key) AND (:tenant IS NULL OR tenant = :tenant)
    AND (:id IS NULL OR id = :id) LIMIT :n);

-- name: priority_later [postgres]
UPDATE engine_later SET priority = :priority::int WHERE ctid = ANY (ARRAY(SELECT ctid FROM engine_later
    WHERE queue = :queue AND priority <> :priority::int AND (:task::text IS NULL OR task = :task::text)
    AND (:key::text IS NULL OR key = :key::text) AND (:tenant::text IS NULL OR tenant = :tenant::text)
    AND (:id::text IS NULL OR id = :id::text) LIMIT :n FOR UPDATE SKIP LOCKED));

-- name: queue_tuned
SELECT batch_max, slots, lined FROM engine_queue WHERE name = :queue;

-- name: queue_tune
UPDATE engine_queue SET batch_max = :batch_max, slots = :slots WHERE name = :queue;
