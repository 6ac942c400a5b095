"""Tabs: what each guest has had, summed, until it is paid.

A tab belongs to an attendee, or to a tag that nobody has claimed yet (`unassigned_key`). States:

    open → closing → closed        (closing is the grace for orders that are still on tills;
      ↑______|_________|            open again until the money is taken)

Its totals are the sums of its orders, kept on the row because the row is the guest's own; the books
(`ledger`) hold the same sums as postings. Orders add to tabs in bulk through `add_to_tabs`. Guests see
their tab through a link: a random capability, hashed at rest, that ends.
"""

from barback.commerce.tabs.actions import (
    LinkedTab,
    TabLink,
    add_to_tabs,
    ensure_tabs,
    get,
    lock,
    make_link,
    move,
    page,
    readable,
    tab_of_link,
    tabs_by_ids,
)
from barback.commerce.tabs.rules import Tab, TabDelta, TabNotFound, TabState, TabWanted

__all__ = [
    "LinkedTab",
    "Tab",
    "TabDelta",
    "TabLink",
    "TabNotFound",
    "TabState",
    "TabWanted",
    "add_to_tabs",
    "ensure_tabs",
    "get",
    "lock",
    "make_link",
    "move",
    "page",
    "readable",
    "tab_of_link",
    "tabs_by_ids",
]
