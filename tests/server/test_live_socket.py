"""WebSocket /v1/live: who may follow what, and that nothing is missed, whatever the connection does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from tests.commerce.orders.selling import Bar, open_bar
from tests.support.server import Party, RunningServer

from barback.engine import Batch, live
from barback.storage import open_database


class Socket:
    """A connection that speaks the protocol."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def hear(self) -> dict[str, Any]:
        return json.loads(await asyncio.wait_for(self.connection.recv(), 20))

    async def ask(self, **frame: Any) -> dict[str, Any]:
        await self.say(**frame)
        return await self.hear()

    async def closed(self) -> int:
        """The code with which the server closes."""
        while True:
            try:
                await asyncio.wait_for(self.connection.recv(), 20)
            except websockets.ConnectionClosed as ended:
                return ended.rcvd.code if ended.rcvd else -1


@asynccontextmanager
async def socket(server: RunningServer, token: str | None = None, **options: Any) -> AsyncIterator[Socket]:
    url = server.base_url.replace("http", "ws") + "/v1/live"
    async with websockets.connect(url, max_size=None, **options) as connection:
        opened = Socket(connection)
        if token is not None:
            assert (await opened.ask(type="auth", token=token)) == {"type": "ready"}
        yield opened


@pytest.fixture
async def bar(server: RunningServer) -> Bar:
    return await open_bar(server)


def event_channel(bar: Bar) -> str:
    return f"event:{bar.night.event_id}"


async def guest_of(bar: Bar, tab_id: str) -> Party:
    link = (await bar.night.owner.made(f"/tabs/{tab_id}/link"))["link"]
    return Party(bar.server.http, (await bar.server.nobody.made("/auth/guest", {"link": link}))["access_token"])


async def test_o3_a_sale_reaches_the_guests_open_connection(bar: Bar) -> None:
    [sold] = await bar.results(bar.order())
    guest = await guest_of(bar, sold["tab_id"])
    channel = f"tab:{sold['tab_id']}"
    async with socket(bar.server, guest.token) as phone:
        assert (await phone.ask(type="subscribe", channel=channel))["type"] == "subscribed"
        await bar.process()
        news = await phone.hear()
    assert (news["type"], news["channel"], news["kind"]) == ("news", channel, "order.priced")
    assert (news["data"]["tab_total_minor"], news["data"]["receipt"]) == (1200, sold["receipt"])


async def test_a_client_that_comes_back_with_its_cursor_misses_nothing(bar: Bar) -> None:
    async with socket(bar.server, bar.night.owner.token) as screen:
        cursor = (await screen.ask(type="subscribe", channel=event_channel(bar)))["cursor"]
    orders = []
    for _ in range(5):
        orders.append(bar.order())
        await bar.results(orders[-1])
        await bar.process()
    seen: list[str] = []
    while len(seen) < 5:
        # Drop the connection after every single piece of news.
        async with socket(bar.server, bar.night.owner.token) as screen:
            assert (await screen.ask(type="subscribe", channel=event_channel(bar), cursor=cursor))[
                "type"
            ] == "subscribed"
            news = await screen.hear()
            seen.append(news["data"]["order_id"])
            cursor = news["cursor"]
    assert seen == [order["id"] for order in orders]


async def test_a_transaction_that_commits_late_is_told_to_who_was_past_it(bar: Bar) -> None:
    if bar.server.db.dialect == "sqlite":
        # One writer at a time: nothing can commit late, and the number alone is the place.
        async with socket(bar.server, bar.night.owner.token) as screen:
            answer = await screen.ask(type="subscribe", channel=event_channel(bar))
        assert live.place_of(answer["cursor"])[0] == 0
        return
    other = await open_database(bar.server.db.url)
    try:
        async with socket(bar.server, bar.night.owner.token) as screen:
            cursor = (await screen.ask(type="subscribe", channel=event_channel(bar)))["cursor"]
            async with other.transaction() as late:
                await live.publish(late, [event_channel(bar)], "test", {"n": 1})
                async with bar.server.db.transaction() as early:
                    await live.publish(early, [event_channel(bar)], "test", {"n": 2})
                # Committed, and yet not final: an older transaction still runs.
                async with bar.server.db.reading() as tx:
                    final, more = await live.read_after(tx, live.place_of(cursor), 10)
                assert (final, more) == ([], True)
            heard = [(await screen.hear())["data"]["n"] for _ in range(2)]
    finally:
        await other.close()
    assert heard == [1, 2]


async def test_a_cursor_from_before_the_log_begins_is_told_to_start_anew(bar: Bar) -> None:
    async with socket(bar.server, bar.night.owner.token) as screen:
        cursor = (await screen.ask(type="subscribe", channel=event_channel(bar)))["cursor"]
        for _ in range(3):
            await bar.results(bar.order())
            await bar.process()
            await screen.hear()
    bar.server.clock.advance(live.KEEP_MS + 1)
    owner = await bar.server.sign_in(bar.night.owner.session["person"]["email"])
    async with bar.server.db.transaction() as tx:
        assert await live.prune(tx, tx.now_ms) == 3
    async with socket(bar.server, owner.token) as screen:
        answer = await screen.ask(type="subscribe", channel=event_channel(bar), cursor=cursor)
    assert answer["type"] == "reset"
    assert answer["cursor"]


async def test_a_reader_that_does_not_read_is_cut_off_and_holds_nobody_up(bar: Bar) -> None:
    big = {"text": "x" * 20_000}
    async with (
        socket(bar.server, bar.night.owner.token, max_queue=1) as slow,
        socket(bar.server, bar.night.owner.token) as quick,
    ):
        for one in (slow, quick):
            await one.ask(type="subscribe", channel=event_channel(bar))
        heard = 0
        for _ in range(30):
            async with bar.server.db.transaction() as tx:
                await live.publish_many(tx, [([event_channel(bar)], "test", big)] * 200)
            for _ in range(200):
                assert (await quick.hear())["kind"] == "test"
                heard += 1
        assert heard == 6_000
        assert await slow.closed() == 4008


@pytest.mark.parametrize("frame", ["{", "[]", '{"type":"shout"}', '{"type":"subscribe","channel":"tab:1"}'])
async def test_who_does_not_say_who_they_are_is_sent_away(server: RunningServer, frame: str) -> None:
    async with socket(server) as stranger:
        await stranger.connection.send(frame)
        assert await stranger.closed() in (4400, 4401)


async def test_a_wrong_token_is_told_why_and_sent_away(server: RunningServer) -> None:
    async with socket(server) as stranger:
        answer = await stranger.ask(type="auth", token="nonsense")
        assert (answer["type"], answer["problem"]["code"]) == ("error", "token_invalid")
        assert await stranger.closed() == 4401


async def test_o6_channels_of_others_look_like_those_that_do_not_exist(bar: Bar) -> None:
    other = await open_bar(bar.server)
    [sold] = await other.results(other.order())
    [ours] = await bar.results(bar.order())
    guest = await guest_of(bar, ours["tab_id"])
    async with bar.server.db.transaction() as tx:
        theirs, nobodys = await Batch.open(tx, "theirs", tenant="another"), await Batch.open(tx, "the house's")
    foreign = [f"tab:{sold['tab_id']}", event_channel(other), f"station:{other.night.station['id']}"]
    foreign += [f"batch:{theirs.id}", f"batch:{nobodys.id}", "batch:nothing"]
    async with socket(bar.server, bar.night.owner.token) as owner:
        for channel in foreign:
            answer = await owner.ask(type="subscribe", channel=channel)
            assert (answer["type"], answer["problem"]["status"]) == ("error", 404)
        assert (await owner.ask(type="subscribe", channel="moon:1"))["problem"]["code"] == "channel_unknown"
        assert (await owner.ask(type="subscribe", channel=event_channel(bar), cursor="?"))["problem"][
            "code"
        ] == "bad_live_cursor"
    async with socket(bar.server, guest.token) as phone:
        answer = await phone.ask(type="subscribe", channel=event_channel(bar))
        assert (answer["type"], answer["problem"]["status"]) == ("error", 403), "a guest sees their own tab only"


async def test_a_connection_ends_with_its_token_unless_it_is_renewed(bar: Bar) -> None:
    async with socket(bar.server, bar.night.owner.token) as screen:
        assert (await screen.ask(type="auth", token=bar.night.owner.token)) == {"type": "ready"}
        await screen.say(type="unsubscribe", channel="event:none")
        assert (await screen.hear())["type"] == "unsubscribed"
