-- Venues, events and their stations.

CREATE TABLE venue (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  address TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE INDEX venue_tenant ON venue (tenant_id, id);

CREATE TABLE event (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  venue_id TEXT NOT NULL REFERENCES venue (id),
  name TEXT NOT NULL,
  starts_ms BIGINT NOT NULL,
  ends_ms BIGINT NOT NULL,
  time_zone TEXT NOT NULL,
  currency TEXT NOT NULL,
  prices_include_tax INTEGER NOT NULL,
  rounding_scope TEXT NOT NULL,
  state TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  opened_ms BIGINT,
  closed_ms BIGINT
);
CREATE INDEX event_tenant ON event (tenant_id, starts_ms, id);

CREATE TABLE station (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  event_id TEXT NOT NULL REFERENCES event (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX station_name ON station (event_id, name_key);
CREATE INDEX station_event ON station (event_id, id);
