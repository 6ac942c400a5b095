"""An HTTP load generator: N keep-alive connections.

Without a rate the next request goes out as soon as the answer came (closed loop). With one, each
connection sends by its own timetable, and latency counts from when a request should have gone out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Result:
    """What one run saw. Latencies in milliseconds, sorted."""

    seconds: float = 0.0
    ok: int = 0
    other: int = 0
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return self.ok / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency that `share` of the answers stayed below."""
        if not self.latencies_ms:
            return 0.0
        return self.latencies_ms[min(len(self.latencies_ms) - 1, int(len(self.latencies_ms) * share))]


class _Connection(asyncio.Protocol):
    def __init__(
        self, make: Callable[[], bytes], result: Result, until: float, done: asyncio.Future[None], every_s: float
    ) -> None:
        self._make = make
        self._every_s = every_s
        self._result = result
        self._until = until
        self._done = done
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._due = time.perf_counter()
        self._send()

    def _send(self) -> None:
        self._sent = self._due if self._every_s else time.perf_counter()
        self._transport.write(self._make())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        at = head.find(b"content-length:")
        if at >= 0:
            end = head.find(b"\r\n", at)
            length = int(head[at + 15 : end if end > 0 else len(head)])
            if len(self._buffer) < head_end + 4 + length:
                return
        elif not self._buffer.endswith(b"0\r\n\r\n"):
            return
        now = time.perf_counter()
        good = self._buffer[9:12] == b"202"
        self._result.ok += good
        self._result.other += not good
        if not good and self._result.other == 1:
            print("first bad answer:", self._buffer[:600])
        self._result.latencies_ms.append((now - self._sent) * 1000)
        self._buffer = b""
        if now >= self._until:
            self._transport.close()
        elif self._every_s:
            self._due += self._every_s
            wait_s = self._due - now
            if wait_s > 0:
                asyncio.get_running_loop().call_later(wait_s, self._send)
            else:
                self._send()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self._done.done():
            self._done.set_result(None)


async def run(
    host: str, port: int, make: Callable[[], bytes], *, connections: int, seconds: float, rate: float = 0
) -> Result:
    """Load for `seconds`; `make` gives the bytes of the next request. `rate`: requests a second, 0 for no limit."""
    every_s = connections / rate if rate else 0.0
    loop = asyncio.get_running_loop()
    result = Result()
    began = time.perf_counter()
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        done = loop.create_future()
        ends.append(done)
        await loop.create_connection(
            lambda done=done: _Connection(make, result, began + seconds, done, every_s), host, port
        )
        if every_s:
            await asyncio.sleep(1 / rate)  # so that connections do not all send at the same instants
    await asyncio.gather(*ends)
    result.seconds = time.perf_counter() - began
    result.latencies_ms.sort()
    return result


def post(path: str, token: str, body: bytes) -> bytes:
    """The bytes of a POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
