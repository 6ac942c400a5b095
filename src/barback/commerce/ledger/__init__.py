"""Ledger: the books. Every change of a balance is a balanced double entry; nothing is edited in place.

Debits are above zero, credits below, and every entry sums to zero (checked before it is written; the
tables refuse UPDATE and DELETE). An entry is unique by its source, so posting a fact again changes
nothing. Shared accounts have no running balance: a sum over postings is the balance. What a guest owes
is `tab_receivable` with the tab as its subject.
"""

from barback.commerce.ledger.actions import balances, imbalance, post, subject_balances
from barback.commerce.ledger.rules import (
    REVENUE,
    TAB_RECEIVABLE,
    TAX_PAYABLE,
    AccountBalance,
    Entry,
    Posting,
    UnbalancedEntryError,
    reversal,
    sale,
)

__all__ = [
    "REVENUE",
    "TAB_RECEIVABLE",
    "TAX_PAYABLE",
    "AccountBalance",
    "Entry",
    "Posting",
    "UnbalancedEntryError",
    "balances",
    "imbalance",
    "post",
    "reversal",
    "sale",
    "subject_balances",
]
