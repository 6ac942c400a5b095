-- Guests of an event, and the tags (wristbands) they wear.
CREATE TABLE attendee (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    search TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX attendee_event ON attendee (event_id, id);

-- Who wears a tag now; the row is what two hands that bind one tag at once wait for.
CREATE TABLE tag (
    event_id TEXT NOT NULL,
    uid TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    attendee_id TEXT,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (event_id, uid)
);
CREATE INDEX tag_attendee ON tag (attendee_id);

-- Who wore a tag when: until_ms is empty for the binding that lasts.
CREATE TABLE tag_binding (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    uid TEXT NOT NULL,
    attendee_id TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT
);
CREATE UNIQUE INDEX tag_binding_lasting ON tag_binding (event_id, uid) WHERE until_ms IS NULL;
CREATE INDEX tag_binding_tag ON tag_binding (event_id, uid, since_ms);
