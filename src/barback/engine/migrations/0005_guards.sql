-- Dedupe, breakers and the metering ledger.

-- dialect: both
CREATE TABLE engine_dedupe (
    task TEXT NOT NULL,
    token TEXT NOT NULL,
    id TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (task, token)
);
CREATE INDEX engine_dedupe_until ON engine_dedupe (until_ms);

-- One row for each thing that tasks depend on. `state`: closed (all is well) or open. `failures` in a row since
-- `since_ms`; `until_ms` is when the next probe may go; `prober` is the worker whose probe is under way, with the
-- message `probe`, given up at `prober_until_ms`. `forced`: what an operator wants whatever happens.
CREATE TABLE engine_breaker (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL DEFAULT 'closed',
    forced TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    since_ms BIGINT NOT NULL DEFAULT 0,
    changed_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL DEFAULT 0,
    prober TEXT,
    probe TEXT,
    prober_until_ms BIGINT NOT NULL DEFAULT 0,
    error TEXT,
    failures_max INTEGER NOT NULL,
    within_ms BIGINT NOT NULL,
    open_ms BIGINT NOT NULL,
    queues TEXT NOT NULL
);

-- What attempts used, by hour, task and tenant ('' for none). Workers add rows to `engine_usage_part`, which
-- locks nothing; they are folded into one row each by the engine's tidying.
CREATE TABLE engine_usage (
    hour_ms BIGINT NOT NULL,
    task TEXT NOT NULL,
    tenant TEXT NOT NULL,
    done BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    snoozed BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    wall_us BIGINT NOT NULL,
    cpu_us BIGINT NOT NULL,
    memory_kib_s BIGINT NOT NULL,
    PRIMARY KEY (hour_ms, task, tenant)
);

CREATE TABLE engine_usage_part (
    hour_ms BIGINT NOT NULL,
    task TEXT NOT NULL,
    tenant TEXT NOT NULL,
    done BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    snoozed BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    wall_us BIGINT NOT NULL,
    cpu_us BIGINT NOT NULL,
    memory_kib_s BIGINT NOT NULL
);
