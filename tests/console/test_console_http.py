"""The console over HTTP: what it shows and what it changes. Whom it refuses: test_console_access.py."""

from __future__ import annotations

from tests.console.operators import dead, found
from tests.engine.notes import Book, Note, NoteTask, enqueue, until, work, working
from tests.support.server import Party, RunningServer

from barback.engine import Worker
from barback.engine.guards import breakers
from barback.engine.guards.breakers import Breaker


async def test_queues_show_what_is_where(server: RunningServer, operator: Party) -> None:
    task, _ = await dead(server, "x", "y")
    await enqueue(server.db, task, "a", "b", "c")
    answer = await found(operator, "/console/queues")
    (notes,) = [one for one in answer["items"] if one["queue"] == "notes"]
    assert (notes.pop("waited")["count"], notes.pop("ran")["count"]) == (2, 2)
    assert notes == {
        "queue": "notes",
        "paused": False,
        "ready": 3,
        "waiting": 0,
        "scheduled": 0,
        "leased": 0,
        "dead": 2,
        "at_least": False,
        "oldest_ms": server.clock.now_ms(),
        "next_due_ms": None,
        "rate_per_second": 0.0,
        "failed_last_hour": 0,
        "died_last_hour": 2,
        "workers": 1,
    }
    assert answer["as_of_ms"] == server.clock.now_ms()


async def test_one_queue_shows_its_hour_and_its_errors(server: RunningServer, operator: Party) -> None:
    task, _ = await dead(server, "1", "2")
    await enqueue(server.db, task, "a", "b", "c")
    await work(server.db, task)
    one = await found(operator, "/console/queues/notes")
    assert (one["queue"], one["dead"]) == ("notes", 2)
    assert len(one["minutes"]) == 60
    assert (one["minutes"][-1]["done"], one["minutes"][-1]["dead"]) == (3, 2)
    assert [(t["task"], t["done"], t["dead"]) for t in one["tasks"]] == [("notes.note", 3, 2)]
    timing = one["timing"]
    assert (timing["waited"]["count"], sum(bar["count"] for bar in timing["ran_bars"])) == (5, 5)
    assert [(t["task"], t["ran"]["count"]) for t in timing["tasks"]] == [("notes.note", 5)]
    assert [(e["count"], e["shape"]) for e in one["errors"]] == [(2, "the printer of bar <n> is out of paper")]
    missing = await operator.get("/console/queues/notse")
    assert (missing.status_code, missing.json()["code"]) == (404, "queue_not_found")


async def test_a_day_of_a_queue_and_of_all(server: RunningServer, operator: Party) -> None:
    task, _ = await dead(server, "x")
    await enqueue(server.db, task, "a", "b")
    await work(server.db, task)
    for path in ("/console/day", "/console/day?queue=notes"):
        steps = (await found(operator, path))["items"]
        assert (len(steps), steps[-1]["done"], steps[-1]["dead"], steps[-1]["waiting"]) == (288, 2, 1, None)
    missing = await operator.get("/console/day?queue=notse")
    assert (missing.status_code, missing.json()["code"]) == (404, "queue_not_found")


async def test_what_holds_everything_up_comes_first(server: RunningServer, operator: Party) -> None:
    bank = Breaker("bank", failures=1)
    async with server.db.transaction() as tx:
        await breakers.declare(tx, {"notes": bank})
        await breakers.force(tx, "bank", "open", who="cli:test")
    await dead(server, "x")
    seen = await found(operator, "/console/overview")
    assert (seen["breakers_open"], seen["snapshots_held"]) == (1, 0)
    assert [(one["kind"], one["subject"]) for one in seen["attention"]] == [
        ("open_breaker", "bank"), ("dead_letters", "notes"),
    ]  # fmt: skip
    assert (seen["waited"]["count"], seen["ran"]["count"]) == (1, 1)


async def test_the_overview_adds_up_and_says_what_needs_a_person(server: RunningServer, operator: Party) -> None:
    task, _ = await dead(server, "x")
    await enqueue(server.db, NoteTask(Book(), "forgotten"), "a", "b")
    await enqueue(server.db, task, "c")
    await operator.made("/console/queues/notes/pause")
    seen = await found(operator, "/console/overview")
    assert (seen["ready"], seen["dead"], seen["died_last_hour"], seen["workers_idle"]) == (3, 1, 1, 1)
    assert seen["oldest_ms"] == server.clock.now_ms()
    assert [(one["kind"], one["subject"], one["count"]) for one in seen["attention"]] == [
        ("no_worker", "forgotten", 2),
        ("dead_letters", "notes", 1),
        ("paused", "notes", 1),
    ]
    assert len(seen["minutes"]) == 60


async def test_a_retry_of_one_runs_again(server: RunningServer, operator: Party) -> None:
    task, (first, second) = await dead(server, "a", "b")
    letter = await operator.made(f"/console/dead/{first}/retry")
    assert (letter["id"], letter["payload"]) == (first, {"name": "a"})
    await work(server.db, task)
    assert task.book.done == ["a"]
    assert [one["id"] for one in (await found(operator, "/console/dead"))["items"]] == [second]
    again = await operator.post(f"/console/dead/{first}/retry")
    assert (again.status_code, again.json()["code"]) == (404, "dead_letter_not_found")


async def test_a_retry_of_all_runs_again_in_order_within_each_key(server: RunningServer, operator: Party) -> None:
    book = Book(dies={f"{n}{t}" for n in range(20) for t in "ab"})
    task = NoteTask(book)
    for n in range(20):
        await enqueue(server.db, task, f"{n}a", key="tab:a")
        await enqueue(server.db, task, f"{n}b", key="tab:b")
    await work(server.db, task)
    book.dies.clear()
    answers = [await operator.made("/console/dead/retry", {"queue": "notes", "limit": 25}) for _ in range(2)]
    assert answers == [{"retried": 25, "more": True}, {"retried": 15, "more": False}]
    await work(server.db, task)
    for tab in "ab":
        assert [name for name in book.done if name.endswith(tab)] == [f"{n}{tab}" for n in range(20)]
    assert (await found(operator, "/console/dead"))["items"] == []


async def test_a_retry_of_one_error_leaves_the_others(server: RunningServer, operator: Party) -> None:
    task, _ = await dead(server, "1", "2")
    task.book.dies, task.book.error = {"3"}, "TimeoutError"
    await enqueue(server.db, task, "3")
    await work(server.db, task)
    groups = (await found(operator, "/console/dead/groups?queue=notes"))["items"]
    assert [one["count"] for one in groups] == [2, 1]
    body = {"queue": "notes", "fingerprint": groups[0]["fingerprint"]}
    assert await operator.made("/console/dead/retry", body) == {"retried": 2, "more": False}
    (left,) = (await found(operator, "/console/dead"))["items"]
    assert left["error"] == "TimeoutError"


async def test_a_retry_wakes_a_running_worker(server: RunningServer, operator: Party) -> None:
    task, ids = await dead(server, "a", "b", key="tab:1")
    async with working(server.db, task):
        await operator.made(f"/console/dead/{ids[0]}/retry")
        await until(lambda: task.book.done == ["a", "b"])


async def test_a_discarded_letter_is_gone_and_its_key_goes_on(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book(dies={"a"}), policy="park")
    first, *_ = await enqueue(server.db, task, "a", "b", key="tab:1")
    await work(server.db, task)
    assert (await found(operator, f"/console/dead/{first}"))["closes_key"] is True
    await operator.made(f"/console/dead/{first}/discard")
    await work(server.db, task)
    assert task.book.done == ["b"]
    gone = await operator.get(f"/console/dead/{first}")
    assert (gone.status_code, gone.json()["code"]) == (404, "dead_letter_not_found")


async def test_a_closed_key_is_released(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book(dies={"a"}), policy="park")
    await enqueue(server.db, task, "a", "b", key="tab:1")
    await work(server.db, task)
    await operator.made("/console/queues/notes/release", {"key": "tab:1"})
    await work(server.db, task)
    assert task.book.done == ["b"]
    again = await operator.post("/console/queues/notes/release", {"key": "tab:1"})
    assert (again.status_code, again.json()["code"]) == (409, "key_not_closed")


async def test_a_pause_over_http_stops_a_running_worker_and_a_resume_wakes_it(
    server: RunningServer, operator: Party
) -> None:
    task = NoteTask(Book())
    async with working(server.db, task) as worker:
        paused = await operator.made("/console/queues/notes/pause")
        assert paused["paused"] is True
        await until(lambda: "notes" in worker._shift.paused and not worker._heart.holding, 1.0)
        await enqueue(server.db, task, "a")
        assert (await operator.made("/console/queues/notes/pause"))["ready"] == 1
        assert task.book.done == []
        resumed = await operator.made("/console/queues/notes/resume")
        assert resumed["paused"] is False
        await until(lambda: task.book.done == ["a"], 1.0)
    mistyped = await operator.post("/console/queues/notse/pause")
    assert (mistyped.status_code, mistyped.json()["code"]) == (404, "queue_not_found")


async def test_dead_letters_come_in_pages(server: RunningServer, operator: Party) -> None:
    _, ids = await dead(server, *(str(n) for n in range(7)))
    seen: list[str] = []
    path = "/console/dead?queue=notes&limit=3"
    cursor = ""
    for size in (3, 3, 1):
        page = await found(operator, path + cursor)
        assert len(page["items"]) == size
        seen += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert page["next"] is None
    assert seen == ids[::-1]
    bad = await operator.get("/console/dead?cursor=nonsense")
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")


async def test_one_letter_shows_its_history_and_large_payloads_stay_out_of_lists(
    server: RunningServer, operator: Party
) -> None:
    task = NoteTask(Book(dies={"x" * 5_000}, error="no"))
    (letter_id,) = await enqueue(server.db, task, "x" * 5_000, key="tab:9")
    await work(server.db, task)
    (listed,) = (await found(operator, "/console/dead"))["items"]
    assert (listed["payload"], listed["payload_bytes"]) == (None, 5_011)
    await operator.made(f"/console/dead/{letter_id}/retry")
    await work(server.db, task)
    one = await found(operator, f"/console/dead/{letter_id}")
    assert one["payload"] == {"name": "x" * 5_000}
    assert (one["key"], one["attempts"], one["reason"], one["tenant_id"]) == ("tab:9", 1, "handler", None)
    assert [(f["attempt"], f["error"]) for f in one["failures"]] == [(1, "no"), (1, "no")]
    assert [c["action"] for c in one["changes"]] == ["dead.retried"]


async def test_every_change_names_who_made_it(server: RunningServer, operator: Party) -> None:
    _, (first, second, _) = await dead(server, "a", "b", "c")
    await operator.made("/console/queues/notes/pause")
    await operator.made(f"/console/dead/{first}/retry")
    await operator.made(f"/console/dead/{second}/discard")
    await operator.made("/console/dead/retry", {"queue": "notes"})
    done = (await found(operator, "/console/changes"))["items"]
    assert [(one["action"], one["subject"]) for one in done] == [
        ("dead.retried", "queue:notes"),
        ("dead.discarded", f"message:{second}"),
        ("dead.retried", f"message:{first}"),
        ("queue.paused", "queue:notes"),
    ]
    assert {one["who"] for one in done} == {f"operator:{operator.person_id}"}
    assert (done[-1]["before"], done[-1]["after"]) == ({"paused": False}, {"paused": True})
    of_queue = await found(operator, "/console/changes?subject=queue:notes&limit=1")
    assert [one["action"] for one in of_queue["items"]] == ["dead.retried"]
    rest = await found(operator, f"/console/changes?subject=queue:notes&cursor={of_queue['next']}")
    assert [one["action"] for one in rest["items"]] == ["queue.paused"]


async def test_changes_are_found_by_a_piece_of_who_what_and_on_what(server: RunningServer, operator: Party) -> None:
    _, (first, *_) = await dead(server, "a", "b", "c")
    await operator.made("/console/queues/notes/pause")
    await operator.made(f"/console/dead/{first}/retry")

    async def actions(query: str) -> list[str]:
        return [one["action"] for one in (await found(operator, f"/console/changes?{query}"))["items"]]

    assert await actions("contains=PAUSED") == ["queue.paused"]
    assert await actions(f"contains={first[-9:]}") == ["dead.retried"]
    assert await actions(f"contains={operator.person_id}") == ["dead.retried", "queue.paused"]
    assert await actions("contains=notes&subject=queue:notes") == ["queue.paused"]
    assert await actions("contains=retried&subject=queue:notes") == []
    assert await actions("contains=%25") == []
    assert await actions("contains=_") == []


async def test_workers_and_schedules(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book())
    worker = Worker(server.db, [task])
    await worker.start()
    (one,) = (await found(operator, "/console/workers"))["items"]
    assert (one["id"], one["queues"], one["state"], one["leased"]) == (worker.name, ["notes"], "idle", 0)
    assert (await found(operator, "/console/schedules"))["items"] == []


async def test_a_queue_of_notes_is_the_payload_type(server: RunningServer, operator: Party) -> None:
    """A payload that is not what its task expects is a dead letter that shows what was sent."""
    task = NoteTask(Book())
    async with server.db.transaction() as tx:
        await task.enqueue(tx, Note(name=5))  # type: ignore[arg-type]
    await work(server.db, task)
    (letter,) = (await found(operator, "/console/dead"))["items"]
    assert letter["payload"] == {"name": 5}
    assert "does not fit Note" in letter["error"]
