-- Orders as devices made them, what they became, and those that wait for a person.

-- dialect: sqlite
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    station_id TEXT,
    device_id TEXT NOT NULL,
    device_seq BIGINT NOT NULL,
    tab_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    receipt TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    flags TEXT NOT NULL,
    flag_count INTEGER NOT NULL,
    total_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    tab_version BIGINT,
    device_time_ms BIGINT NOT NULL,
    effective_ms BIGINT NOT NULL,
    accepted_ms BIGINT NOT NULL,
    processed_ms BIGINT,
    body TEXT NOT NULL
) WITHOUT ROWID;

-- dialect: postgres
CREATE TABLE orders (
    id TEXT COLLATE "C" PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    station_id TEXT,
    device_id TEXT COLLATE "C" NOT NULL,
    device_seq BIGINT NOT NULL,
    tab_id TEXT COLLATE "C" NOT NULL,
    message_id TEXT NOT NULL,
    receipt TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    flags TEXT NOT NULL,
    flag_count INTEGER NOT NULL,
    total_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    tab_version BIGINT,
    device_time_ms BIGINT NOT NULL,
    effective_ms BIGINT NOT NULL,
    accepted_ms BIGINT NOT NULL,
    processed_ms BIGINT,
    body TEXT NOT NULL
) WITH (fillfactor = 70);

-- dialect: both
CREATE UNIQUE INDEX orders_device_seq ON orders (device_id, device_seq);
CREATE INDEX orders_event ON orders (event_id, accepted_ms, id);

-- An order at the door goes into the small index of those that are not processed: in the large one every order
-- of a commit touches a page of its own, which the caller would wait for.
-- dialect: sqlite
CREATE INDEX orders_tab ON orders (tab_id, accepted_ms, id) WHERE state = 'processed';
CREATE INDEX orders_tab_new ON orders (tab_id, accepted_ms, id) WHERE state = 'accepted';

-- dialect: postgres
CREATE INDEX orders_tab ON orders (tab_id, accepted_ms, id);

-- dialect: both
CREATE TABLE order_line (
    order_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price_minor BIGINT NOT NULL,
    modifiers TEXT NOT NULL,
    gross_minor BIGINT NOT NULL,
    net_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    taxes TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (order_id, n)
);

-- Nothing that a device sent is thrown away: what cannot become an order waits here for a person.
CREATE TABLE order_quarantine (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT,
    device_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    order_id TEXT,
    code TEXT NOT NULL,
    problem TEXT NOT NULL,
    body TEXT NOT NULL,
    received_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX order_quarantine_once ON order_quarantine (device_id, fingerprint);
CREATE INDEX order_quarantine_event ON order_quarantine (event_id, received_ms, id);

-- The same rules of comparison as orders.id, or a join of the two cannot use the index.
-- dialect: postgres
ALTER TABLE order_line ALTER COLUMN order_id TYPE TEXT COLLATE "C";
