-- The books: entries and their postings. Rows are added, never changed: the triggers say so.
CREATE TABLE journal_entry (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    source_version BIGINT NOT NULL,
    currency TEXT NOT NULL,
    effective_ms BIGINT NOT NULL,
    posted_ms BIGINT NOT NULL
);
-- source_id first: it is the part that tells sources apart, and the one we look up in bulk.
CREATE UNIQUE INDEX journal_entry_source ON journal_entry (source_id, source_type, source_version, kind);
CREATE INDEX journal_entry_event ON journal_entry (event_id);

-- amount_minor: debit above zero, credit below. subject: whose share of a shared account (a tab, a station).
CREATE TABLE posting (
    entry_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    account TEXT NOT NULL,
    subject TEXT,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (entry_id, n)
)
-- dialect: sqlite
WITHOUT ROWID
-- dialect: both
;
CREATE INDEX posting_subject ON posting (subject) WHERE subject IS NOT NULL;

-- dialect: sqlite
CREATE TRIGGER journal_entry_keeps BEFORE UPDATE ON journal_entry BEGIN SELECT RAISE(ABORT, 'the books are never edited: post a reversal'); END;
CREATE TRIGGER journal_entry_stays BEFORE DELETE ON journal_entry BEGIN SELECT RAISE(ABORT, 'the books are never edited: post a reversal'); END;
CREATE TRIGGER posting_keeps BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'the books are never edited: post a reversal'); END;
CREATE TRIGGER posting_stays BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'the books are never edited: post a reversal'); END;

-- dialect: postgres
CREATE FUNCTION books_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the books are never edited: post a reversal'; END $$;
CREATE TRIGGER journal_entry_keeps BEFORE UPDATE OR DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION books_are_kept();
CREATE TRIGGER posting_keeps BEFORE UPDATE OR DELETE ON posting FOR EACH ROW EXECUTE FUNCTION books_are_kept();
-- Ids compare byte by byte here, which is faster than by the rules of a language.
ALTER TABLE journal_entry ALTER COLUMN id TYPE TEXT COLLATE "C", ALTER COLUMN source_id TYPE TEXT COLLATE "C";
ALTER TABLE posting ALTER COLUMN entry_id TYPE TEXT COLLATE "C";
