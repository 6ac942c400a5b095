-- History that is dropped, not deleted: on PostgreSQL these tables are partitioned by time.

-- dialect: sqlite
-- Nothing to do: with one writer a page of rows is deleted at a time (tidy.sql).
SELECT 1;

-- dialect: postgres
-- What is not in a period that has a table of its own is in the rest: the first hours, and what a clock
-- that was set back wrote. So nothing that is written down ever fails for want of a partition.
CREATE SEQUENCE engine_failure_number;
ALTER TABLE engine_failure DROP CONSTRAINT engine_failure_pkey;
ALTER TABLE engine_failure ALTER COLUMN number DROP IDENTITY;
ALTER TABLE engine_failure ALTER COLUMN number SET DEFAULT nextval('engine_failure_number');
CREATE TABLE engine_failure_rest (LIKE engine_failure INCLUDING ALL);
DROP TABLE engine_failure;
CREATE TABLE engine_failure (LIKE engine_failure_rest INCLUDING ALL) PARTITION BY RANGE (at_ms);
ALTER TABLE engine_failure ATTACH PARTITION engine_failure_rest DEFAULT;

CREATE TABLE engine_tally_rest (LIKE engine_tally INCLUDING ALL);
DROP TABLE engine_tally;
CREATE TABLE engine_tally (LIKE engine_tally_rest INCLUDING ALL) PARTITION BY RANGE (minute_ms);
ALTER TABLE engine_tally ATTACH PARTITION engine_tally_rest DEFAULT;

CREATE TABLE engine_tick_rest (LIKE engine_tick INCLUDING ALL);
DROP TABLE engine_tick;
CREATE TABLE engine_tick (LIKE engine_tick_rest INCLUDING ALL) PARTITION BY RANGE (due_ms);
ALTER TABLE engine_tick ATTACH PARTITION engine_tick_rest DEFAULT;

CREATE SEQUENCE engine_live_pos;
ALTER TABLE engine_live DROP CONSTRAINT engine_live_pkey;
ALTER TABLE engine_live ALTER COLUMN pos DROP IDENTITY;
ALTER TABLE engine_live ALTER COLUMN pos SET DEFAULT nextval('engine_live_pos');
CREATE INDEX engine_live_place ON engine_live (xid, pos);
CREATE TABLE engine_live_rest (LIKE engine_live INCLUDING ALL);
DROP TABLE engine_live;
CREATE TABLE engine_live (LIKE engine_live_rest INCLUDING ALL) PARTITION BY RANGE (at_ms);
ALTER TABLE engine_live ATTACH PARTITION engine_live_rest DEFAULT;

CREATE TABLE engine_usage_rest (LIKE engine_usage INCLUDING ALL);
DROP TABLE engine_usage;
CREATE TABLE engine_usage (LIKE engine_usage_rest INCLUDING ALL) PARTITION BY RANGE (hour_ms);
ALTER TABLE engine_usage ATTACH PARTITION engine_usage_rest DEFAULT;
