"""Tabs over the wire: bodies of requests and answers."""

from typing import Annotated

import msgspec
from msgspec import Meta

from barback.commerce.tabs.rules import Tab, TabState


class TabShape(msgspec.Struct):
    """A tab: what one guest has had, summed. Minor units; `version` grows with every change."""

    id: str
    event_id: str
    attendee_id: str | None
    label: str
    state: TabState
    total_minor: int
    tax_minor: int
    currency: str
    order_count: int
    opened_ms: int
    updated_ms: int
    version: int


class TabChange(msgspec.Struct, forbid_unknown_fields=True):
    """Move a tab: open → closing → closed, or back to open. `version`: only if nobody changed it since."""

    state: TabState
    version: int | None = None


class TabLinkShape(msgspec.Struct):
    """A link for a guest, told once; the server keeps only its hash."""

    link: str
    url: str
    expires_ms: int


class GuestLink(msgspec.Struct, forbid_unknown_fields=True):
    """The last part of the address that the guest was given."""

    link: Annotated[str, Meta(max_length=200, examples=["3q2-7wAAAAAAAAAAAAAAAA"])]


class GuestSession(msgspec.Struct):
    """What a guest's page needs: a token that reads one tab."""

    access_token: str
    expires_ms: int
    tab_id: str
    event_id: str


def tab_shape(tab: Tab) -> TabShape:
    """A tab as it goes over the wire."""
    return TabShape(
        tab.id, tab.event_id, tab.attendee_id, tab.label, tab.state, tab.total_minor, tab.tax_minor, tab.currency,
        tab.order_count, tab.opened_ms, tab.updated_ms, tab.version,
    )  # fmt: skip
