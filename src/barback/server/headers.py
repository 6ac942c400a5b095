"""Security headers for every answer, and the content policy of pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

# Styles may be inline: the component library sets some at run time. Scripts never are.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    # A guest's link is a key, and it is in the address: it must not travel in a Referer.
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=(self)"),
]
_DATA = [(b"cache-control", b"no-store"), (b"content-security-policy", DATA_POLICY.encode())]
_SECURE = (b"strict-transport-security", b"max-age=31536000")


def with_headers(send: Send, *, request_id: str, secure: bool) -> Send:
    """A `send` that adds the headers; answers that set their own caching or policy keep them."""
    extra = [*_ALWAYS, (b"x-request-id", request_id.encode())]
    if secure:
        extra.append(_SECURE)

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message["headers"] = own + [pair for pair in (*extra, *_DATA) if pair[0] not in names]
        await send(message)

    return sending
