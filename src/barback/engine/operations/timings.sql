-- How long messages waited and handlers ran.

-- name: spreads_since
SELECT minute_ms, queue, waited, ran FROM engine_tally WHERE minute_ms >= :since_ms;

-- The minutes are listed, not bounded, so that each is one place in the index.
-- name: spreads_of_queue
SELECT task, waited, ran FROM engine_tally WHERE minute_ms IN (:minutes*) AND queue = :queue;
