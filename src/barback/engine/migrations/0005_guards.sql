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
