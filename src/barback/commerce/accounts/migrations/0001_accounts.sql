-- Tenants, their people, devices and sessions; keys that sign tokens; attempts; the audit log.

CREATE TABLE tenant (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenant (id),
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  password_temporary INTEGER NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX person_email ON person (email);
CREATE INDEX person_tenant ON person (tenant_id, id);

-- A sign-in; its refresh tokens form one family, which dies when an old one comes back.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES person (id),
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  revoked_ms BIGINT,
  revoked_because TEXT
);
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_expires ON session (expires_ms);

CREATE TABLE refresh_token (
  token_hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES session (id),
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);
CREATE INDEX refresh_token_expires ON refresh_token (expires_ms);

CREATE TABLE device (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenant (id),
  event_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  revoked_ms BIGINT
);
CREATE INDEX device_tenant ON device (tenant_id, id);
CREATE INDEX device_event ON device (event_id, id);

CREATE TABLE pairing_code (
  code_hash TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenant (id),
  event_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  used_ms BIGINT
);
CREATE INDEX pairing_code_expires ON pairing_code (expires_ms);

-- expires_ms is empty for the key that signs; older ones verify until then.
CREATE TABLE signing_key (
  kid TEXT PRIMARY KEY,
  secret TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT
);

-- Failures counted in fixed windows, in rows, so that all nodes count together.
CREATE TABLE attempt (
  bucket TEXT NOT NULL,
  window_ms BIGINT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (bucket, window_ms)
);
CREATE INDEX attempt_window ON attempt (window_ms);

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  before TEXT,
  after TEXT
);
CREATE INDEX audit_tenant ON audit (tenant_id, at_ms, id);
