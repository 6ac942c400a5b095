-- Tabs, and the links with which guests see theirs.
CREATE TABLE tab (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    attendee_id TEXT,
    unassigned_key TEXT,
    label TEXT NOT NULL,
    search TEXT NOT NULL,
    state TEXT NOT NULL,
    total_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    order_count BIGINT NOT NULL,
    version BIGINT NOT NULL,
    currency TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
)
-- dialect: postgres
WITH (fillfactor = 70)
-- dialect: both
;
-- Two keys that are NULL do not clash: a tab has an attendee, or a key, never both. Nothing indexed here changes with a sale, so that PostgreSQL can update a tab in place.
CREATE UNIQUE INDEX tab_attendee ON tab (event_id, attendee_id);
CREATE UNIQUE INDEX tab_unassigned ON tab (event_id, unassigned_key);
CREATE INDEX tab_event ON tab (event_id, id);

-- A capability: whoever holds the link may read the one tab. Only its hash is kept.
CREATE TABLE tab_link (
    hash TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    tab_id TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX tab_link_tab ON tab_link (tab_id);
CREATE INDEX tab_link_expires ON tab_link (expires_ms);

-- Ids compare byte by byte here, which is faster than by the rules of a language.
-- dialect: postgres
ALTER TABLE tab ALTER COLUMN id TYPE TEXT COLLATE "C";
