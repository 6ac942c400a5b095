"""Tabs over HTTP: parse, one action, shape."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.params import Parameter

from barback.commerce import accounts, events
from barback.commerce.accounts import Principal, Tokens
from barback.commerce.tabs import actions, shapes
from barback.commerce.tabs.rules import STATES, check_state
from barback.foundation.paging import LIMIT_DEFAULT, Page, check_limit, decode_cursor, encode_cursor
from barback.foundation.settings import Settings
from barback.storage import Database

# Litestar keeps the bare name `state` for itself.
State = Annotated[str | None, Parameter(query="state", description=f"Only tabs that are {', '.join(STATES)}.")]


@get("/events/{event_id:str}/tabs", tags=["tabs"])
async def tabs(
    db: Database,
    principal: Principal,
    event_id: str,
    tab_state: State = None,
    q: str | None = None,
    limit: int = LIMIT_DEFAULT,
    cursor: str | None = None,
) -> Page[shapes.TabShape]:
    """Tabs of an event, newest first. `q` looks in the label."""
    check_limit(limit)
    wanted = check_state(tab_state) if tab_state else None
    before_id = str(decode_cursor(cursor, str)[0]) if cursor else None
    async with db.reading() as tx:
        await events.event_of(tx, principal.tenant_id, event_id)
        accounts.require(principal, "tabs:read", event_id=event_id)
        found = await actions.page(
            tx, principal.tenant_id, event_id, before_id=before_id, state=wanted, contains=q or None, limit=limit + 1
        )
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page([shapes.tab_shape(one) for one in found[:limit]], following)


@get("/tabs/{tab_id:str}", tags=["tabs"])
async def tab(db: Database, principal: Principal, tab_id: str) -> shapes.TabShape:
    """One tab. A guest can read their own only."""
    async with db.reading() as tx:
        return shapes.tab_shape(await actions.readable(tx, principal, tab_id))


@patch("/tabs/{tab_id:str}", tags=["tabs"])
async def change_tab(db: Database, principal: Principal, tab_id: str, data: shapes.TabChange) -> shapes.TabShape:
    """Move a tab: open → closing → closed, or back to open."""
    async with db.transaction() as tx:
        return shapes.tab_shape(await actions.change(tx, principal, tab_id, data.state, version=data.version))


@post("/tabs/{tab_id:str}/link", tags=["tabs"])
async def add_link(
    request: Request[Any, Any, Any], db: Database, settings: Settings, principal: Principal, tab_id: str
) -> shapes.TabLinkShape:
    """A link with which a guest sees this tab. It is told once and works for a week."""
    async with db.transaction() as tx:
        made = await actions.hand_out_link(tx, principal, tab_id)
    base = (settings.public_url or str(request.base_url)).rstrip("/")
    return shapes.TabLinkShape(made.link, f"{base}/t/{made.link}", made.expires_ms)


@post("/auth/guest", opt={"open": True}, tags=["tabs"], status_code=200)
async def open_link(db: Database, tokens: Tokens, data: shapes.GuestLink) -> shapes.GuestSession:
    """Open a guest's link: a token that reads the one tab."""
    async with db.reading() as tx:
        linked = await actions.tab_of_link(tx, data.link)
        now_ms = tx.now_ms
    access = accounts.issue_guest_token(
        tokens, tenant_id=linked.tenant_id, event_id=linked.event_id, tab_id=linked.tab_id, now_ms=now_ms
    )
    return shapes.GuestSession(access.token, access.expires_ms, linked.tab_id, linked.event_id)


ROUTES = [tabs, tab, change_tab, add_link, open_link]
