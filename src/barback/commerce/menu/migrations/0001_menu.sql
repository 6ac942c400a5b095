-- A menu is a document with versions: the head says which is current, a snapshot never changes.
CREATE TABLE menu (
    event_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    snapshot_id TEXT NOT NULL,
    changed_ms BIGINT NOT NULL
);

CREATE TABLE menu_snapshot (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX menu_snapshot_version ON menu_snapshot (event_id, version);

-- Where an id of a product, category, tax class, group or modifier lives; one id, one event.
CREATE TABLE menu_item (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL
);
