-- What operators change of queues while they run.

-- name: queue_tuned
SELECT batch_max, slots, lined FROM engine_queue WHERE name = :queue;

-- name: queue_tune
UPDATE engine_queue SET batch_max = :batch_max, slots = :slots WHERE name = :queue;
