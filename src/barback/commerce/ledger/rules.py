"""Double entry: what an entry is, which accounts there are, and the entries the business makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

TAB_RECEIVABLE = "tab_receivable"
"""What guests owe; the subject is the tab."""
REVENUE = "revenue"
"""Sales without tax; the subject is the station that sold."""
TAX_PAYABLE = "tax_payable"
"""Tax owed to the state, one account per component: `tax_payable:S19`."""


class UnbalancedEntryError(AssertionError):
    """An entry whose postings do not sum to zero, or that is not in whole minor units: a fault of the program."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry. Debit is above zero, credit below. `subject`: whose share of a shared account."""

    account: str
    amount_minor: int
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact in the books. (source_type, source_id, source_version, kind) can be posted once only."""

    tenant_id: str
    event_id: str
    kind: str
    source_type: str
    source_id: str
    source_version: int
    currency: str
    effective_ms: int
    postings: tuple[Posting, ...]

    @property
    def source(self) -> tuple[str, str, int, str]:
        """What makes the entry unique."""
        return self.source_type, self.source_id, self.source_version, self.kind


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account of one event: the debits, the credits (both at least 0) and their difference."""

    account: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """Debit minus credit."""
        return self.debit_minor - self.credit_minor


class TaxShare(Protocol):
    """The tax of one component of a sale."""

    @property
    def code(self) -> str:
        """The component's code, such as S19."""
        ...

    @property
    def tax_minor(self) -> int:
        """Minor units; below zero in a correction."""
        ...


def checked(entry: Entry) -> Entry:
    """The entry without its empty postings; raises UnbalancedEntryError when it does not sum to zero."""
    total = 0
    for posting in entry.postings:
        if type(posting.amount_minor) is not int:
            raise UnbalancedEntryError(f"expected whole minor units, got {posting.amount_minor!r} in {entry}")
        total += posting.amount_minor
    if total:
        raise UnbalancedEntryError(f"expected postings that sum to 0, got {total} in {entry}")
    if all(posting.amount_minor for posting in entry.postings):
        return entry
    kept = tuple(posting for posting in entry.postings if posting.amount_minor)
    return Entry(
        entry.tenant_id, entry.event_id, entry.kind, entry.source_type, entry.source_id,
        entry.source_version, entry.currency, entry.effective_ms, kept,
    )  # fmt: skip


def sale(
    *,
    tenant_id: str,
    event_id: str,
    order_id: str,
    tab_id: str,
    station_id: str | None,
    currency: str,
    effective_ms: int,
    net_minor: int,
    taxes: Sequence[TaxShare],
    version: int = 1,
) -> Entry:
    """A sale onto a tab: the guest owes the gross, we earned the net, the state gets the tax."""
    gross = net_minor + sum(tax.tax_minor for tax in taxes)
    postings = [Posting(TAB_RECEIVABLE, gross, tab_id), Posting(REVENUE, -net_minor, station_id)]
    by_code: dict[str, int] = {}
    for tax in taxes:
        by_code[tax.code] = by_code.get(tax.code, 0) + tax.tax_minor
    postings += [Posting(f"{TAX_PAYABLE}:{code}", -amount) for code, amount in by_code.items()]
    return Entry(tenant_id, event_id, "sale", "order", order_id, version, currency, effective_ms, tuple(postings))


def reversal(entry: Entry, *, effective_ms: int) -> Entry:
    """The entry that undoes `entry`: nothing in the books is ever edited."""
    postings = tuple(Posting(p.account, -p.amount_minor, p.subject) for p in entry.postings)
    return Entry(
        entry.tenant_id, entry.event_id, f"{entry.kind}.reversal", entry.source_type, entry.source_id,
        entry.source_version, entry.currency, effective_ms, postings,
    )  # fmt: skip
