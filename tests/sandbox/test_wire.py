"""The crowd's connection against a network that misbehaves: it answers, or says that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from barback.sandbox.wire import Pool, Unanswered, Wire

Reply = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Far:
    """The other end: what was asked of it, and how many connections were made."""

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[str] = []
        self.connections = 0


@asynccontextmanager
async def far_end(reply: Reply) -> AsyncIterator[Far]:
    far = Far()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                far.heads.append(head.decode())
                length = next(
                    (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"length" in line), 0
                )
                await reply(await reader.readexactly(length), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        far.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield far


def says(*parts: bytes) -> Reply:
    async def reply(_: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return reply


async def test_requests_share_a_connection() -> None:
    async with far_end(says(OK)) as far:
        wire = Wire(far.url)
        for _ in range(3):
            answer = await wire.ask("POST", "/v1/orders", b"{}", "secret")
            assert (answer.status, answer.json()) == (200, {})
        assert far.connections == 1
        assert far.heads[0].startswith("POST /v1/orders HTTP/1.1\r\n")
        assert "authorization: Bearer secret\r\n" in far.heads[0]
        assert "content-length: 2\r\n" in far.heads[0]
        wire.cut()


async def test_chunks_retry_after_and_closing_are_understood() -> None:
    chunked = b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    async with far_end(says(chunked, b"3\r\n[1,", b"\r\n2\r\n2]\r\n", b"0\r\n\r\n")) as far:
        wire = Wire(far.url)
        answer = await wire.ask("GET", "/")
        assert (answer.status, answer.json(), answer.retry_after_s) == (503, [1, 2], 7.0)
        await wire.ask("GET", "/")
        assert far.connections == 2


async def test_nobody_there_is_no_connection() -> None:
    async with far_end(says(OK)) as far:
        url = far.url
    with pytest.raises(Unanswered, match="no connection") as caught:
        await Wire(url).ask("GET", "/")
    assert caught.value.reason == "no connection"


async def test_a_connection_that_breaks_leaves_the_question_open() -> None:
    async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        writer.close()

    async with far_end(hang_up) as far:
        wire = Wire(far.url)
        with pytest.raises(Unanswered, match="connection lost"):
            await wire.ask("GET", "/")
        with pytest.raises(Unanswered, match="connection lost"):
            await wire.ask("GET", "/")
        assert far.connections == 2


async def test_silence_is_a_time_out_and_the_next_request_is_fresh() -> None:
    """An answer that comes too late must not be taken for the answer to the next request."""
    late: list[asyncio.StreamWriter] = []

    async def first_silent(_: bytes, writer: asyncio.StreamWriter) -> None:
        late.append(writer)
        if len(late) > 1:
            if not late[0].is_closing():
                late[0].write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate")
            writer.write(OK)

    async with far_end(first_silent) as far:
        wire = Wire(far.url, answer_s=0.2)
        with pytest.raises(Unanswered, match="time-out"):
            await wire.ask("GET", "/")
        assert (await wire.ask("GET", "/")).body == b"{}"
        assert far.connections == 2


async def test_what_is_not_http_is_said_so() -> None:
    async with far_end(says(b"SSH-2.0-OpenSSH\r\n")) as far:
        with pytest.raises(Unanswered, match="not HTTP"):
            await Wire(far.url).ask("GET", "/")


async def test_a_lost_answer_was_asked_all_the_same() -> None:
    asked = asyncio.Event()

    async def note(body: bytes, _: asyncio.StreamWriter) -> None:
        assert body == b"[1]"
        asked.set()

    async with far_end(note) as far:
        await Wire(far.url).send_and_leave("POST", "/", b"[1]", None)
        await asyncio.wait_for(asked.wait(), 5)


async def test_a_pool_asks_on_as_many_connections_as_it_has() -> None:
    everybody = asyncio.Event()
    waiting = 0

    async def together(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 4:
            everybody.set()
        await everybody.wait()
        writer.write(OK)

    async with far_end(together) as far:
        pool = Pool(far.url, 4)
        answers = await asyncio.gather(*(pool.ask("GET", "/") for _ in range(12)))
        assert [answer.status for answer in answers] == [200] * 12
        assert far.connections == 4
        pool.close()


@pytest.mark.parametrize("url", ["127.0.0.1:8600", "ftp://x", "http://", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected an address like"):
        Wire(url)
