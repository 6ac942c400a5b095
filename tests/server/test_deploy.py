"""deploy/: what is in the manifests fits the commands, the figures and the databases that there are."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from tests.conformance.tools import sql
from tests.engine.notes import Book, NoteTask, enqueue

from barback.engine import Worker
from barback.engine.guards import breakers
from barback.engine.history import tidy
from barback.engine.operations import control, metrics
from barback.engine.workers.working import pages_of
from barback.foundation.settings import Settings, variable
from barback.server.cli import app
from barback.storage import Database

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = [
    one for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())
]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
PODS = [one["spec"]["template"]["spec"] for one in MANIFESTS if one["kind"] in ("Deployment", "Job")]


def commands() -> Iterator[list[str]]:
    """Every `barback …` that the manifests start."""
    yield from (service["command"] for service in COMPOSE["services"].values() if "command" in service)
    yield from (container["args"] for pod in PODS for container in pod["containers"])
    for unit in UNITS:
        for line in re.findall(r"^ExecStart(?:Pre)?=\S*/barback (.*)$", unit.read_text(), re.MULTILINE):
            yield shlex.split(line)
    yield json.loads(re.findall(r"^CMD (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)[0])


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_every_command_in_a_manifest_is_one(arguments: list[str]) -> None:
    """Parsed as the command line would, without running it."""
    group: Any = typer.main.get_command(app)
    with group.make_context("barback", list(arguments)) as context:
        name, command, rest = group.resolve_command(context, arguments)
        with command.make_context(name, list(rest), parent=context) as parsed:
            assert parsed.params


def grace(arguments: list[str]) -> float:
    return float(arguments[arguments.index("--grace-s") + 1])


def test_nobody_is_killed_before_its_grace_is_over() -> None:
    """Each platform waits longer than the worker does."""
    workers = COMPOSE["services"]["workers"]
    assert float(workers["stop_grace_period"].rstrip("s")) > grace(workers["command"]) + 10
    for pod in PODS:
        for container in pod["containers"]:
            if "work" in container["args"]:
                assert pod["terminationGracePeriodSeconds"] > grace(container["args"])
    unit = (DEPLOY / "systemd" / "barback-workers.service").read_text()
    assert int(unit.partition("TimeoutStopSec=")[2].split()[0]) > grace(shlex.split(unit)) + 10


def test_probes_settings_and_addresses_are_ours() -> None:
    known = {variable(name) for name in Settings.__struct_fields__}
    text = "".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file())
    assert set(re.findall(r"\bBARBACK_\w+", text)) <= known
    pages = {"/healthz", "/readyz"}
    probes = [c[k]["httpGet"]["path"] for pod in PODS for c in pod["containers"] for k in c if k.endswith("Probe")]
    assert len(probes) >= 5
    assert set(probes) == pages
    for one in MANIFESTS:
        assert {"apiVersion", "kind", "metadata", "spec"} == one.keys()
        assert re.fullmatch(r"[a-z0-9-]{1,63}", one["metadata"]["name"])
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists()


def test_keda_scales_a_deployment_that_there_is_with_a_secret_that_there_is() -> None:
    by_kind = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in MANIFESTS}
    scaled = by_kind["ScaledObject", "barback-worker"]
    assert ("Deployment", scaled["scaleTargetRef"]["name"]) in by_kind
    # An autoscaler and a number of its own would pull against each other.
    assert "replicas" not in by_kind["Deployment", "barback-worker"]
    for trigger in scaled["triggers"]:
        reference = trigger.get("authenticationRef", {"name": "barback-database"})
        assert ("TriggerAuthentication", reference["name"]) in by_kind


async def test_kedas_queries_count_what_calls_for_workers(database: Database) -> None:
    """They are for PostgreSQL; nothing to do is zero, which is what lets KEDA go to none."""
    scaled = next(one for one in MANIFESTS if one["kind"] == "ScaledObject")
    queries = [trigger["metadata"]["query"] for trigger in scaled["spec"]["triggers"] if "query" in trigger["metadata"]]
    assert len(queries) == 2
    if database.dialect == "sqlite":
        return

    async def counted() -> list[int]:
        async with database.reading() as tx:
            rows = [await tx.one(sql(f"SELECT CAST(({query}) AS BIGINT) AS n")) for query in queries]
        return [row["n"] for row in rows if row is not None]

    assert await counted() == [0, 0]
    task = NoteTask(Book())
    await Worker(database, [task]).start()
    await enqueue(database, task, "a", "b")
    await enqueue(database, task, "c", key="tab")
    assert await counted() == [3, 0]
    async with database.transaction() as tx:
        await control.pause(tx, task.queue, who="test")
    assert await counted() == [0, 0], "nobody is needed for what nobody may take"


async def test_what_prometheus_reads_is_what_is_documented(database: Database) -> None:
    """Every name, from the database and from a worker of this process."""
    task = NoteTask(Book(dies={"x"}))
    breaker = breakers.Breaker("till")
    breaker_task = NoteTask(Book(), queue="till")
    breaker_task.breaker = breaker
    own = metrics.own_metrics()
    assert own is not None
    own.supervised(2, 1)
    worker = Worker(database, [task, breaker_task, *tidy.TASKS], schedules=tidy.SCHEDULES)
    worker.watch(own.settled)
    await enqueue(database, task, "a", "b", "x")
    await worker.until_quiet()
    await enqueue(database, task, "c")
    answer = await pages_of(database, own)["/metrics"]()
    assert answer.content_type.startswith("text/plain")
    lines = answer.body.splitlines()
    names = {line.split()[2] for line in lines if line.startswith("# TYPE barback_")}
    assert {name for name in names if not name.endswith("_created")} == metrics.METRICS.keys()
    for line in (
        'barback_queue_messages{queue="notes",state="ready"} 1.0',
        'barback_queue_messages{queue="notes",state="dead"} 1.0',
        'barback_attempts_total{outcome="done",queue="notes",task="notes.note"} 2.0',
        'barback_attempts_total{outcome="dead",queue="notes",task="notes.note"} 1.0',
        'barback_lease_seconds_count{queue="notes"} 1.0',
        'barback_breaker_open{breaker="till"} 0.0',
        'barback_schedule_late_seconds{schedule="engine.tidy"} 0.0',
        'barback_supervised_workers{state="draining"} 1.0',
    ):
        assert line in lines, line
    page = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in metrics.METRICS if f"`{name}`" not in page] == []


def test_grafana_finds_the_board_and_prometheus_where_compose_puts_them() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])
    inside = {target: DEPLOY / source for source, target in mounts.items()}
    provisioning = inside["/etc/grafana/provisioning"]
    boards = yaml.safe_load((provisioning / "dashboards" / "barback.yaml").read_text())
    (provider,) = boards["providers"]
    assert (inside[provider["options"]["path"]] / "barback.json").exists()
    sources = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())
    (source,) = sources["datasources"]
    assert source["url"].removeprefix("http://").partition(":")[0] in services
    board = json.loads((DEPLOY / "grafana" / "barback.json").read_text())
    assert board["templating"]["list"][0]["query"] == source["type"]


def test_boards_and_alerts_ask_for_figures_that_there_are() -> None:
    board = json.loads((DEPLOY / "grafana" / "barback.json").read_text())
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    rules = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = {name for text in (*rules, *asked) for name in re.findall(r"\bbarback_\w+", text)}
    assert {name.removesuffix("_bucket") for name in used} <= metrics.METRICS.keys()
    # Nothing that is measured is shown nowhere.
    assert {name.removesuffix("_bucket") for name in used} == metrics.METRICS.keys()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
