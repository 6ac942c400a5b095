"""Listening on a socket: uvicorn around the application, for the command line and for tests alike."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn

from barback.server.asgi import Application

log = structlog.get_logger("barback.server")
STOP_S = 10


class _Server(uvicorn.Server):
    """uvicorn that tells when it listens, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on `port` (0: a free one). Raises OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


@asynccontextmanager
async def listening(application: Application, bound: socket.socket) -> AsyncIterator[str]:
    """Serve `application` on a bound socket while the block runs; gives the base URL.

    Raises RuntimeError when the application does not start; the reason is in the log.
    """
    config = uvicorn.Config(
        application, http="httptools", ws="websockets-sansio", lifespan="on", log_config=None, access_log=False,
        server_header=False, proxy_headers=True, forwarded_allow_ips=application.settings.trusted_proxies,
        timeout_graceful_shutdown=STOP_S, timeout_keep_alive=65, ws_max_size=1 << 20, ws_per_message_deflate=False,
        backlog=4096,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
        if serving.done() or not server.started:
            raise RuntimeError("the server did not start; see the log")
        host, port = bound.getsockname()[:2]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        ready.cancel()
        server.should_exit = True
        await asyncio.wait([serving])


def leave_what_was_built_alone() -> None:
    """Tell the garbage collector that what a started server consists of stays: for a process that only serves.

    Under load one caller in a hundred waited 83 ms while it was looked through again and again, 33 since.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def stop_with_parent(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends: whoever started us is gone, however it died."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError, ValueError):
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read()
        stop.set()
