"""POST /v1/orders as a plain ASGI application: the busiest request there is, so nothing stands before it.

The answer means: on disk. Requests that come while a commit is on its way share the next one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from barback.commerce import accounts
from barback.commerce.accounts import Tokens
from barback.commerce.orders import rules
from barback.commerce.orders.actions.accept_orders import accept_orders
from barback.commerce.orders.intake import BODY_BYTES_MAX, read_request
from barback.commerce.orders.judging import Request
from barback.commerce.orders.shapes import BatchAnswer, OrderAnswer
from barback.engine.group_commit import GroupCommit
from barback.storage import Database, Transaction

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
GROUP_MAX = 250

_JSON_HEADERS = [(b"content-type", b"application/json")]
_encode = msgspec.json.Encoder().encode


class OrderIntake:
    """Takes batches of orders for one server process."""

    def __init__(self, db: Database, tokens: Tokens) -> None:
        """One group commit for all requests of the process."""
        self._db = db
        self._tokens = tokens
        self._group: GroupCommit[Request, list[OrderAnswer]] = GroupCommit(db, _accept, group_max=GROUP_MAX)

    async def take(self, body: bytes, token: str) -> BatchAnswer:
        """Accept the batch in `body`. Raises a Refusal when the request as a whole cannot be taken."""
        now_ms = self._db.clock.now_ms()
        try:
            principal = self._tokens.verify(token, now_ms)
        except accounts.UnknownKey:
            principal = await self._tokens.authenticate(token)
        request = read_request(body, principal, now_ms)
        return BatchAnswer(now_ms, await self._group.submit(request))

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """The ASGI application. Refusals are raised to whoever mounted it."""
        answer = await self.take(await _body(receive), _token(scope))
        await send({"type": "http.response.start", "status": 202, "headers": _JSON_HEADERS})
        await send({"type": "http.response.body", "body": _encode(answer)})


async def _accept(tx: Transaction, requests: list[Request]) -> list[list[OrderAnswer]]:
    return await accept_orders(tx, requests)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            break
    if len(body) > BODY_BYTES_MAX:
        raise rules.BatchTooLarge(f"A request takes at most {BODY_BYTES_MAX} bytes. Send fewer orders at once.")
    return body


def _token(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer" and token:
                return token.strip()
    raise accounts.TokenInvalid("Send your access token as: Authorization: Bearer <token>")
