"""WebSocket /v1/live: follow tabs, stations and events, and resume where one left off.

One reader task takes what the client says, one writer sends its bounded outbox. A client that reads
too slowly is closed with 4008 and comes back with its cursors: it misses nothing and holds nobody up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from barback.commerce.accounts import Principal, Tokens
from barback.engine import live
from barback.engine.live import Follower, Hub
from barback.foundation.errors import Invalid, Refusal
from barback.foundation.problems import problem_of
from barback.storage import Database, Transaction

AUTH_WITHIN_S = 10.0
CHANNELS_MAX = 50
FRAME_BYTES_MAX = 8_192
CLOSE_UNAUTHORIZED = 4401
CLOSE_TOO_SLOW = 4008
CLOSE_BAD_FRAME = 4400

MayFollow = Callable[[Transaction, Principal, str], Awaitable[None]]
"""Raises a Refusal unless the principal may follow the thing with this id."""


class ChannelUnknown(Invalid):
    """There is no channel of that name, or one subscription too many."""

    code = "channel_unknown"
    title = "There is no such channel"


class Auth(msgspec.Struct, tag="auth", forbid_unknown_fields=True):
    """The first frame, and again whenever the token was renewed."""

    token: Annotated[str, Meta(max_length=4_096)]


class Subscribe(msgspec.Struct, tag="subscribe", forbid_unknown_fields=True):
    """Follow a channel, from `cursor` on or from now."""

    channel: Annotated[str, Meta(min_length=1, max_length=120)]
    cursor: Annotated[str, Meta(max_length=80)] | None = None


class Unsubscribe(msgspec.Struct, tag="unsubscribe", forbid_unknown_fields=True):
    """Stop following."""

    channel: Annotated[str, Meta(min_length=1, max_length=120)]


class Frame(msgspec.Struct, omit_defaults=True):
    """What the server says, news apart."""

    type: Literal["ready", "subscribed", "unsubscribed", "reset", "error"]
    channel: str | None = None
    cursor: str | None = None
    problem: Any = None


_decoder = msgspec.json.Decoder(Auth | Subscribe | Unsubscribe)
_encode = msgspec.json.Encoder().encode


class LiveSocket:
    """The ASGI application. `kinds` says for each kind of channel who may follow it."""

    def __init__(self, db: Database, tokens: Tokens, hub: Hub, kinds: Mapping[str, MayFollow]) -> None:
        """One for all connections of a server process."""
        self.db = db
        self.tokens = tokens
        self.hub = hub
        self.kinds = kinds

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """One connection, from accept to close."""
        del scope
        await receive()
        await send({"type": "websocket.accept"})
        await _Connection(self, receive, send).run()


class _Connection:
    def __init__(
        self, app: LiveSocket, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        self._app = app
        self._receive = receive
        self._send = send
        self._follower = Follower()
        self._principal: Principal | None = None

    async def run(self) -> None:
        writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self._read())
        try:
            done, _ = await asyncio.wait([writer, reader], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (OSError, RuntimeError):
            return  # the client went away in the middle of a frame
        finally:
            self._app.hub.leave(self._follower)
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)

    async def _close(self, code: int, reason: str) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def _write(self) -> None:
        follower = self._follower
        while True:
            await follower.fresh.wait()
            follower.fresh.clear()
            while follower.outbox:
                await self._send({"type": "websocket.send", "text": follower.outbox.popleft().decode()})
            if follower.too_slow:
                await self._close(CLOSE_TOO_SLOW, "too slow; come back with your cursors")
                return

    def _say(self, frame: Frame) -> None:
        self._follower.put(_encode(frame))

    async def _read(self) -> None:
        timeout: float | None = AUTH_WITHIN_S
        while True:
            try:
                async with asyncio.timeout(timeout):
                    message = await self._receive()
            except TimeoutError:
                await self._close(CLOSE_UNAUTHORIZED, "say who you are within ten seconds")
                return
            if message["type"] == "websocket.disconnect":
                return
            text: str | bytes = message.get("text") or message.get("bytes") or ""
            try:
                if len(text) > FRAME_BYTES_MAX:
                    raise msgspec.ValidationError(f"a frame has at most {FRAME_BYTES_MAX} bytes")
                command = _decoder.decode(text)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                await self._close(CLOSE_BAD_FRAME, str(error)[:100])
                return
            if self._principal is None and not isinstance(command, Auth):
                await self._close(CLOSE_UNAUTHORIZED, "the first frame must be auth")
                return
            try:
                await self._do(command)
            except Refusal as refusal:
                channel = None if isinstance(command, Auth) else command.channel
                self._say(Frame("error", channel, problem=problem_of(refusal)))
                if isinstance(command, Auth):
                    await asyncio.sleep(0)  # let the writer say why
                    await self._close(CLOSE_UNAUTHORIZED, refusal.code)
                    return
            timeout = None if self._principal is None else self._token_left_s()

    def _token_left_s(self) -> float:
        """A connection lives as long as its token; a client renews it by another auth frame."""
        assert self._principal is not None
        return max(0.001, (self._principal.expires_ms - self._app.db.clock.now_ms()) / 1000)

    async def _do(self, command: Auth | Subscribe | Unsubscribe) -> None:
        if isinstance(command, Auth):
            self._principal = await self._app.tokens.authenticate(command.token)
            self._say(Frame("ready"))
        elif isinstance(command, Subscribe):
            await self._subscribe(command)
        else:
            self._app.hub.unfollow(self._follower, command.channel)
            self._say(Frame("unsubscribed", command.channel))

    async def _subscribe(self, command: Subscribe) -> None:
        """Replay what came after the cursor, then follow. Nothing between the two is missed or told twice."""
        principal, hub = self._principal, self._app.hub
        assert principal is not None
        kind, _, id_ = command.channel.partition(":")
        may_follow = self._app.kinds.get(kind)
        if may_follow is None:
            raise ChannelUnknown(
                f"There is no channel {command.channel!r}; use {', '.join(f'{k}:<id>' for k in self._app.kinds)}."
            )
        if len(self._follower.channels) >= CHANNELS_MAX and command.channel not in self._follower.channels:
            raise ChannelUnknown(f"A connection follows at most {CHANNELS_MAX} channels; open another one.")
        place = live.place_of(command.cursor) if command.cursor else None
        await hub.ready.wait()
        async with self._app.db.reading() as tx:
            await may_follow(tx, principal, id_)
        missed: list[live.News] | None = []
        # Follow from this place of the hub on; what lies between the cursor and it is read from the log.
        hub.unfollow(self._follower, command.channel)
        joined = hub.place
        held = Follower(outbox_max=self._follower.outbox_limit)
        hub.follow(held, command.channel)
        try:
            if place is not None and place < joined:
                async with self._app.db.reading() as tx:
                    missed = await live.replay(tx, place, command.channel, joined)
            # With news to replay the cursor is still the client's own: if it drops here, it comes back from there.
            here = place if missed and place is not None else joined
            self._say(Frame("reset" if missed is None else "subscribed", command.channel, live.cursor_of(here)))
            for news in missed or ():
                self._follower.put(live.news_frame(news, command.channel))
        finally:
            hub.leave(held)
        for frame in held.outbox:
            self._follower.put(frame)
        if held.too_slow:
            self._follower.too_slow = True
        hub.follow(self._follower, command.channel)
