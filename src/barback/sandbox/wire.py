"""HTTP/1.1 as cheap as Python allows: the crowd shares the machine with the server it measures.

One request at a time on a connection that is kept alive. Whatever leaves open whether a request was done
is `Unanswered`: the caller sends the same again.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import urlsplit

import httptools
import msgspec

CONNECT_S = 3.0
ANSWER_S = 10.0


class Unanswered(Exception):  # noqa: N818 - a fact about the network, not a mistake
    """No answer came: nobody knows whether the request was done. `reason` is one word for the report."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    retry_after_s: float | None = None

    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


class Asks(Protocol):
    """Whoever can carry a request to the server: a connection, a pool of them, or the server itself in a test."""

    async def ask(self, method: str, path: str, body: bytes | None = None, token: str | None = None) -> Answer:
        """Send a request and wait for the answer. Raises Unanswered."""
        ...


class Wire:
    """One connection to one server. Not for two requests at once; see Pool."""

    def __init__(self, base_url: str, *, answer_s: float = ANSWER_S) -> None:
        """`base_url` like http://127.0.0.1:8600. Connects at the first request."""
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"expected an address like http://127.0.0.1:8600, got {base_url!r}")
        self._host, self._tls = parts.hostname, parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._head = f"{parts.path.rstrip('/')}", f"host: {parts.netloc}\r\n"
        self._answer_s = answer_s
        self._link: _Link | None = None

    async def ask(self, method: str, path: str, body: bytes | None = None, token: str | None = None) -> Answer:
        """Send a request and wait for the answer. Raises Unanswered."""
        try:
            async with asyncio.timeout(self._answer_s):
                link = await self._connected()
                return await link.ask(self._request(method, path, body, token))
        except TimeoutError:
            self.cut()
            raise Unanswered("time-out", f"no answer within {self._answer_s:g} s") from None

    async def send_and_leave(self, method: str, path: str, body: bytes, token: str | None) -> None:
        """Send a request and break the connection before the answer: a till that lost its radio. Raises Unanswered."""
        async with asyncio.timeout(self._answer_s):
            link = await self._connected()
            link.write(self._request(method, path, body, token))
            await asyncio.sleep(0)
        self.cut()

    def cut(self) -> None:
        """Drop the connection; the next request makes another."""
        if self._link is not None:
            self._link.close()
            self._link = None

    async def _connected(self) -> _Link:
        if self._link is None or self._link.closed:
            loop = asyncio.get_running_loop()
            try:
                async with asyncio.timeout(CONNECT_S):
                    _, link = await loop.create_connection(
                        _Link, self._host, self._port, ssl=ssl.create_default_context() if self._tls else None
                    )
            except OSError as error:  # a TimeoutError is one, too
                raise Unanswered("no connection", str(error)) from None
            self._link = link
        return self._link

    def _request(self, method: str, path: str, body: bytes | None, token: str | None) -> bytes:
        prefix, host = self._head
        bearer = f"authorization: Bearer {token}\r\n" if token else ""
        kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if body is not None else ""
        if body is None and method != "GET":
            kind = "content-length: 0\r\n"
        return f"{method} {prefix}{path} HTTP/1.1\r\n{host}{bearer}{kind}\r\n".encode() + (body or b"")


class _Link(asyncio.Protocol):
    """A connection and the answer it is waiting for."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._chunks: list[bytes] = []
        self._retry_after: float | None = None

    async def ask(self, request: bytes) -> Answer:
        self._waiting = asyncio.get_running_loop().create_future()
        self.write(request)
        return await self._waiting

    def write(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Unanswered("not HTTP", str(error)))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._fail(Unanswered("connection lost", str(exc or "")))

    def _fail(self, error: Unanswered) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = float(value) if value.isdigit() else None

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            return
        answer = Answer(status, b"".join(self._chunks), self._retry_after)
        if not self._parser.should_keep_alive():
            self.close()
        self._begin()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


class Pool:
    """Several connections behind one `ask`; as many requests at once as there are connections."""

    def __init__(self, base_url: str, size: int, *, answer_s: float = 30.0) -> None:
        """`size` connections at most."""
        self._wires = [Wire(base_url, answer_s=answer_s) for _ in range(size)]
        self._free: asyncio.LifoQueue[Wire] = asyncio.LifoQueue()
        for wire in self._wires:
            self._free.put_nowait(wire)

    async def ask(self, method: str, path: str, body: bytes | None = None, token: str | None = None) -> Answer:
        """Send a request on a free connection and wait for the answer. Raises Unanswered."""
        wire = await self._free.get()
        try:
            return await wire.ask(method, path, body, token)
        finally:
            self._free.put_nowait(wire)

    def close(self) -> None:
        """Drop all connections."""
        for wire in self._wires:
            wire.cut()
