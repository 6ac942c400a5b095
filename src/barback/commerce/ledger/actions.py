"""What can be done with the books: post, and ask. There is no third verb."""

from collections.abc import Sequence

from barback.commerce.ledger import store
from barback.commerce.ledger.rules import AccountBalance, Entry, checked
from barback.storage import Transaction


async def post(tx: Transaction, entries: Sequence[Entry]) -> int:
    """Post entries in bulk; the number that was new.

    Every entry must sum to zero: UnbalancedEntryError is raised before anything is written. An
    entry whose source is in the books already (or twice in `entries`) is left out, so posting the
    same facts again changes nothing. Thousands of entries take a handful of statements.
    """
    first: dict[tuple[str, str, int, str], Entry] = {}
    for entry in entries:
        first.setdefault(entry.source, checked(entry))
    # In one order everywhere: two that post the same facts must not wait for each other in a circle.
    return await store.add_entries(tx, [first[source] for source in sorted(first)])


async def balances(tx: Transaction, tenant_id: str, event_id: str) -> list[AccountBalance]:
    """Debits and credits of every account of an event, by account. Empty for an event without entries."""
    return [balance for _, balance in await store.balances(tx, tenant_id, event_id)]


async def subject_balances(tx: Transaction, tenant_id: str, account: str, subjects: Sequence[str]) -> dict[str, int]:
    """What each subject (a tab, say) has on `account`; debit above zero; absent without postings."""
    return await store.subject_balances(tx, tenant_id, account, subjects)


async def imbalance(tx: Transaction) -> dict[str, int]:
    """For oracles: every entry that does not sum to zero or lost its head, with the difference. Empty is well."""
    return await store.imbalance(tx)
