-- Long work that operators asked for and workers do, a step at a time (errands.py).

-- dialect: both
-- `asked`: what exactly, as JSON. `found` were counted when it began; `handled` were changed by now and `left_alone`
-- could not be. `place`: how far it is, as JSON, for the next step.
CREATE TABLE engine_errand (
    id TEXT PRIMARY KEY,
    asked TEXT NOT NULL,
    state TEXT NOT NULL,
    found BIGINT NOT NULL,
    at_least INTEGER NOT NULL,
    handled BIGINT NOT NULL,
    left_alone BIGINT NOT NULL,
    place TEXT NOT NULL,
    error TEXT,
    who TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT
);
CREATE INDEX engine_errand_started ON engine_errand (started_ms, id);
