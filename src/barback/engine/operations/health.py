"""A few pages over plain HTTP for whoever watches a process: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

log = logging.getLogger("barback.work")

READ_S = 5.0
_WORDS = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Unavailable",
}


@dataclass(frozen=True)
class Answer:
    """A page, as text."""

    body: str
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"


Pages = Mapping[str, Callable[[], Awaitable[Answer]]]


def address_of(text: str) -> tuple[str, int]:
    """`:9600`, `9600` or `0.0.0.0:9600` → host and port; without a host, every address. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise ValueError(f"expected an address such as :9600 or 127.0.0.1:9600, got {text!r}")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - whoever watches is on another machine


@asynccontextmanager
async def pages_at(address: str, pages: Pages) -> AsyncIterator[int]:
    """Answer at `address` while the block runs; gives the port. An empty address answers nowhere."""
    if not address:
        yield 0
        return
    host, port = address_of(address)
    server = await asyncio.start_server(lambda r, w: _answer(pages, r, w), host, port)
    try:
        bound = int(server.sockets[0].getsockname()[1])
        log.info("health and metrics at port %d", bound)
        yield bound
    finally:
        server.close()


async def _answer(pages: Pages, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, TimeoutError, ValueError):
        async with asyncio.timeout(READ_S):
            request = (await reader.readline()).decode("latin-1").split()
            while (await reader.readline()).strip():
                pass
        answer = await _page(pages, request)
        body = answer.body.encode()
        head = (
            f"HTTP/1.1 {answer.status} {_WORDS[answer.status]}\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + (b"" if request[:1] == ["HEAD"] else body))
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


async def _page(pages: Pages, request: list[str]) -> Answer:
    if len(request) < 2 or request[0] not in ("GET", "HEAD"):
        return Answer("only GET\n", 405)
    page = pages.get(request[1].partition("?")[0])
    if page is None:
        return Answer(f"here are {', '.join(pages)}\n", 404)
    try:
        return await page()
    except Exception as error:
        log.exception("the page %s failed", request[1])
        return Answer(f"{type(error).__name__}\n", 500)
