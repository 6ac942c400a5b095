-- The ledger's statements: entries are added and summed, never changed.

-- SQLite has one writer at a time: what is not there when we look is not there when we write.
-- name: sources_posted [sqlite]
SELECT source_type, source_id, source_version, kind FROM journal_entry WHERE source_id IN (:source_ids*);

-- name: entry_add [sqlite]
INSERT INTO journal_entry
    (id, tenant_id, event_id, kind, source_type, source_id, source_version, currency, effective_ms, posted_ms)
VALUES (:id, :tenant_id, :event_id, :kind, :source_type, :source_id, :source_version, :currency, :effective_ms, :posted_ms);

-- name: posting_add [sqlite]
INSERT INTO posting (entry_id, n, account, subject, amount_minor) VALUES (:entry_id, :n, :account, :subject, :amount_minor);

-- On PostgreSQL a batch is one statement over arrays: a message for each row costs more than the row. A source that
-- is there, or that somebody else posts at this moment, is left out, and so are its postings.
-- name: entries_add [postgres]
INSERT INTO journal_entry
    (id, tenant_id, event_id, kind, source_type, source_id, source_version, currency, effective_ms, posted_ms)
SELECT e.id, e.tenant_id, e.event_id, e.kind, e.source_type, e.source_id, e.source_version, e.currency, e.effective_ms, :posted_ms
FROM unnest(
    CAST(:id AS TEXT[]), CAST(:tenant_id AS TEXT[]), CAST(:event_id AS TEXT[]), CAST(:kind AS TEXT[]), CAST(:source_type AS TEXT[]),
    CAST(:source_id AS TEXT[]), CAST(:source_version AS BIGINT[]), CAST(:currency AS TEXT[]), CAST(:effective_ms AS BIGINT[])
) AS e (id, tenant_id, event_id, kind, source_type, source_id, source_version, currency, effective_ms)
ON CONFLICT (source_id, source_type, source_version, kind) DO NOTHING
RETURNING id;

-- name: postings_add [postgres]
INSERT INTO posting (entry_id, n, account, subject, amount_minor)
SELECT p.entry_id, p.n, p.account, p.subject, p.amount_minor
FROM unnest(
    CAST(:entry_id AS TEXT[]), CAST(:n AS BIGINT[]), CAST(:account AS TEXT[]), CAST(:subject AS TEXT[]), CAST(:amount_minor AS BIGINT[])
) AS p (entry_id, n, account, subject, amount_minor);

-- name: balances
SELECT posting.account AS account, journal_entry.currency AS currency,
    CAST(SUM(CASE WHEN posting.amount_minor > 0 THEN posting.amount_minor ELSE 0 END) AS BIGINT) AS debit_minor,
    CAST(SUM(CASE WHEN posting.amount_minor < 0 THEN -posting.amount_minor ELSE 0 END) AS BIGINT) AS credit_minor
FROM journal_entry JOIN posting ON posting.entry_id = journal_entry.id
WHERE journal_entry.tenant_id = :tenant_id AND journal_entry.event_id = :event_id
GROUP BY posting.account, journal_entry.currency ORDER BY posting.account, journal_entry.currency;

-- name: subject_balances
SELECT posting.subject AS subject, CAST(SUM(posting.amount_minor) AS BIGINT) AS balance_minor
FROM posting JOIN journal_entry ON journal_entry.id = posting.entry_id
WHERE posting.subject IN (:subjects*) AND posting.account = :account AND journal_entry.tenant_id = :tenant_id
GROUP BY posting.subject;

-- name: entries_unbalanced
SELECT entry_id AS id, CAST(SUM(amount_minor) AS BIGINT) AS off_by FROM posting GROUP BY entry_id HAVING SUM(amount_minor) <> 0;

-- name: postings_orphaned
SELECT entry_id AS id, CAST(SUM(amount_minor) AS BIGINT) AS off_by FROM posting
WHERE NOT EXISTS (SELECT 1 FROM journal_entry WHERE journal_entry.id = posting.entry_id) GROUP BY entry_id;
