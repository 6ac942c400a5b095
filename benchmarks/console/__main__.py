"""How soon the console's pages open with hundreds of queues and millions of messages, and what watching costs.

    python -m benchmarks.console --minutes 10            # with ten million messages; the fill comes on top

Writes RESULT.json and RESULT.md. `--messages 500000` for a small one. How to read the result: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvloop
from playwright.async_api import async_playwright

from barback.commerce import accounts
from barback.server import assembly
from barback.storage import migrate, open_database
from benchmarks.console import pages as pages_
from benchmarks.console.draining import drained
from benchmarks.console.fill import FLOW, Filling
from benchmarks.console.flow import Order, task
from benchmarks.console.pages import ConsolePage
from benchmarks.console.report import report
from benchmarks.console.watching import Watchers
from benchmarks.facts import ROOT, facts
from benchmarks.noise import Noise
from benchmarks.queue.servers import Servers, free_port, wait_for

RATE = 2_000
WHO = ("bench@house.example", "three odd words")
WATCHED = (pages_.OVERVIEW, pages_.OVERVIEW, "queues", "one queue", "dead letters")
"""Where five people sit and look, all the time."""
COLD = (pages_.OVERVIEW, "queues", "one queue", "workers")
CHROMIUM_ROUNDS = 3


class House:
    """The server and what runs beside it, each a process of its own; all end with us."""

    def __init__(self, servers: Servers) -> None:
        self.database = servers.postgres
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = self.start(
            "-m", "barback", "serve", "--database", self.database, "--port", str(self.port), "--with-parent"
        )
        wait_for(self.port)

    @staticmethod
    def start(*words: str) -> subprocess.Popen[bytes]:
        """A Python of our own environment."""
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "BARBACK_LOG_LEVEL": "warning"}
        return subprocess.Popen(
            [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=ROOT
        )

    @contextmanager
    def running(self, verb: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A flow.py, until the block ends."""
        process = self.start("-m", "benchmarks.console.flow", self.database, verb, *more)
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            finish(process)


def finish(process: subprocess.Popen[bytes]) -> None:
    """End of its input; what it still says is read, or it would wait for us."""
    process.communicate(timeout=60)


async def prepared(servers: Servers, queues: int, messages: int) -> dict[str, float]:
    """Migrate, fill, and add who looks."""
    db = await open_database(servers.postgres)
    await migrate(db, assembly.migrations())
    filling = Filling(queues, messages)
    await filling.fill(servers.postgres)
    for name in filling.names[: messages // 10_000]:
        async with db.transaction() as tx:
            await task(name).enqueue_bulk(tx, [Order(f"packed {n}", 0.0, "x" * 116) for n in range(1_000)])
    await accounts.create_user(
        db, email=WHO[0], password=WHO[1], name="Bench", role="operator", tenant_id=None, business_name="The house",
        currency="EUR", time_zone="UTC",
    )  # fmt: skip
    await db.close()
    return filling.took


async def client_of(house: House) -> httpx.AsyncClient:
    """Signed in; as many connections as a browser opens."""
    client = httpx.AsyncClient(base_url=house.url, timeout=60, limits=httpx.Limits(max_connections=24))
    answer = await client.post("/v1/auth/sign-in", json={"email": WHO[0], "password": WHO[1]})
    answer.raise_for_status()
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


def token_of(client: httpx.AsyncClient) -> str:
    """What it signs in with."""
    return client.headers["authorization"].removeprefix("Bearer ")


def named(pages: list[ConsolePage], names: tuple[str, ...]) -> list[ConsolePage]:
    """These pages, by name."""
    return [next(page for page in pages if page.name == name) for name in names]


async def opened(house: House, pages: list[ConsolePage], seconds: float) -> dict[str, Any]:
    """Two people click through all pages again and again, while five others look and messages flow."""
    took: dict[str, list[float]] = {page.name: [] for page in pages}
    refused: dict[str, str] = {}
    until = time.monotonic() + seconds
    client = await client_of(house)

    async def click(seed: int) -> None:
        nonlocal refused
        dice = random.Random(seed)
        while time.monotonic() < until:
            for page in dice.sample(pages, len(pages)):
                took_ms, refusal = await pages_.open_over_http(client, page)
                took[page.name].append(took_ms)
                refused |= {page.name: refusal} if refusal else {}
                await asyncio.sleep(dice.random() * 0.1)

    async with Watchers(client, house.url, token_of(client), named(pages, WATCHED)) as watchers:
        await asyncio.gather(click(1), click(2))
    await client.aclose()
    return {"pages_ms": took, "refused": refused, "news_age_ms": watchers.ages_ms, "news_gap_ms": watchers.gaps_ms}


async def cold(house: House, pages: list[ConsolePage], seconds: float) -> dict[str, list[float]]:
    """The first look after a while in which nobody looked."""
    client = await client_of(house)
    took: dict[str, list[float]] = {name: [] for name in COLD}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for page in named(pages, COLD):
            await asyncio.sleep(min(6.0, seconds / 8))
            took_ms, _ = await pages_.open_over_http(client, page)
            took[page.name].append(took_ms)
    await client.aclose()
    return took


async def measured(house: House, chromium: str, seconds: float, *, quick: bool) -> dict[str, Any]:
    """Everything; `seconds` is the time there is."""
    pages = await pages_.pages_of(house.database)
    with house.running("work"), house.running("produce", str(RATE)) as producer:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium)
            rounds = 1 if quick else CHROMIUM_ROUNDS
            browsers = await pages_.in_browser(browser, house.url, pages, WHO, rounds + 1)
            await browser.close()
        print({page.name: page.paths for page in pages}, flush=True)
        looked = await opened(house, pages, seconds * 0.4)
        first = await cold(house, pages, seconds * 0.15)
        said = producer.stdout.read1(1 << 20).splitlines() if producer.stdout else []
    client = await client_of(house)
    with house.running("drain") as worker:
        watchers = [Watchers(client, house.url, token_of(client), named(pages, WATCHED)) for _ in range(99)]
        pairs = await drained(worker, watchers, seconds * 0.45)
    await client.aclose()
    return {
        "asks": {page.name: page.paths for page in pages},
        "browser_ms": {name: some[1:] for name, some in browsers.items()},
        **looked, "cold_ms": first, "drain": pairs, "flowed": said[-1].decode() if said else "",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=8, help="the time there is, without the fill")
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--queues", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="one round in the browser")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "console.json")
    args = parser.parse_args()
    said = subprocess.run([sys.executable, ROOT / "tools/chromium.py"], capture_output=True, text=True, check=True)
    with Servers() as servers:
        began = time.monotonic()
        took = uvloop.run(prepared(servers, args.queues, args.messages))
        fill_s = time.monotonic() - began
        print(f"filled in {fill_s:.0f} s: {took}", flush=True)
        house = House(servers)
        try:
            with Noise([*servers.pids(), house.server.pid]) as noise:
                chromium = said.stdout.splitlines()[-1]
                found = uvloop.run(measured(house, chromium, args.minutes * 60, quick=args.quick))
        finally:
            finish(house.server)
        about = servers.facts()
    result = {
        **facts("console"), "queues": args.queues, "messages": args.messages, "rate": RATE, "flow_queues": len(FLOW),
        "fill_s": round(fill_s), "took_min": round((time.monotonic() - began) / 60, 1), "noise_cores": noise.cores,
        "watchers": WATCHED, "servers": about, **found,
    }  # fmt: skip
    args.json.write_text(json.dumps(result, indent=1) + "\n")
    args.json.with_suffix(".md").write_text(report(result))
    print(report(result))


if __name__ == "__main__":
    main()
