"""The books at rest: entries in bulk, sums out. Each back end gets the form of bulk insert it is fastest at."""

from collections.abc import Sequence

from barback.commerce.ledger.rules import AccountBalance, Entry
from barback.foundation.ids import new_id
from barback.storage import Transaction, statements

SQL = statements(__file__)


async def add_entries(tx: Transaction, entries: Sequence[Entry]) -> int:
    """Write entries (checked, sources distinct); one whose source is there is left out. How many were new."""
    if not entries:
        return 0
    if tx.dialect == "postgres":
        return await _add_arrays(tx, entries)
    return await _add_rows(tx, entries)


async def _add_arrays(tx: Transaction, entries: Sequence[Entry]) -> int:
    """One statement for all entries, one for all postings."""
    ids = [new_id() for _ in entries]
    rows = await tx.all(
        SQL.entries_add,
        id=ids,
        tenant_id=[entry.tenant_id for entry in entries],
        event_id=[entry.event_id for entry in entries],
        kind=[entry.kind for entry in entries],
        source_type=[entry.source_type for entry in entries],
        source_id=[entry.source_id for entry in entries],
        source_version=[entry.source_version for entry in entries],
        currency=[entry.currency for entry in entries],
        effective_ms=[entry.effective_ms for entry in entries],
        posted_ms=tx.now_ms,
    )
    added = {row["id"] for row in rows}
    postings = [
        (id_, n, one)
        for id_, entry in zip(ids, entries, strict=True)
        if id_ in added
        for n, one in enumerate(entry.postings)
    ]
    await tx.run(
        SQL.postings_add,
        entry_id=[id_ for id_, _, _ in postings],
        n=[n for _, n, _ in postings],
        account=[one.account for _, _, one in postings],
        subject=[one.subject for _, _, one in postings],
        amount_minor=[one.amount_minor for _, _, one in postings],
    )
    return len(added)


async def _add_rows(tx: Transaction, entries: Sequence[Entry]) -> int:
    """One execution for each row: in process there is no message to save."""
    rows = await tx.all(SQL.sources_posted, source_ids=list({entry.source_id for entry in entries}))
    posted = {(row["source_type"], row["source_id"], row["source_version"], row["kind"]) for row in rows}
    fresh = [(new_id(), entry) for entry in entries if entry.source not in posted]
    heads = [
        {
            "id": id_,
            "tenant_id": entry.tenant_id,
            "event_id": entry.event_id,
            "kind": entry.kind,
            "source_type": entry.source_type,
            "source_id": entry.source_id,
            "source_version": entry.source_version,
            "currency": entry.currency,
            "effective_ms": entry.effective_ms,
            "posted_ms": tx.now_ms,
        }
        for id_, entry in fresh
    ]
    await tx.many(SQL.entry_add, heads)
    postings = [
        {"entry_id": id_, "n": n, "account": one.account, "subject": one.subject, "amount_minor": one.amount_minor}
        for id_, entry in fresh
        for n, one in enumerate(entry.postings)
    ]
    await tx.many(SQL.posting_add, postings)
    return len(fresh)


async def balances(tx: Transaction, tenant_id: str, event_id: str) -> list[tuple[str, AccountBalance]]:
    """(currency, balance) of every account of an event, by account."""
    rows = await tx.all(SQL.balances, tenant_id=tenant_id, event_id=event_id)
    return [(row["currency"], AccountBalance(row["account"], row["debit_minor"], row["credit_minor"])) for row in rows]


async def subject_balances(tx: Transaction, tenant_id: str, account: str, subjects: Sequence[str]) -> dict[str, int]:
    """What each subject owes (above zero) or is owed on `account`; a subject without postings is absent."""
    rows = await tx.all(SQL.subject_balances, tenant_id=tenant_id, account=account, subjects=list(subjects))
    return {row["subject"]: row["balance_minor"] for row in rows}


async def imbalance(tx: Transaction) -> dict[str, int]:
    """Entries that do not sum to zero, and postings without their entry: id → how much it is off by."""
    rows = [*await tx.all(SQL.entries_unbalanced), *await tx.all(SQL.postings_orphaned)]
    return {row["id"]: row["off_by"] for row in rows}
