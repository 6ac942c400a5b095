-- Dead letters of keys have an index of their own, the last first, so that closed keys are found without looking at
-- letters that have no key. Letters without one leave the index by key: burying one writes no more than before.

-- dialect: both
DROP INDEX engine_dead_key;
CREATE INDEX engine_dead_key ON engine_dead (queue, key) WHERE key IS NOT NULL;
CREATE INDEX engine_dead_keyed ON engine_dead (died_ms, id, queue, key) WHERE key IS NOT NULL;
