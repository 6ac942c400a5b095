"""The servers of a run: a PostgreSQL and two Redis of its own, with stated settings, and the machine's RabbitMQ."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import asyncpg

POSTGRES_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
}
RABBIT = "amqp://guest:guest@127.0.0.1:5672"
REDIS_SETTINGS = {
    "redis": ["--save", "", "--appendonly", "no"],
    "redis-fsync": ["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
}


def free_port() -> int:
    """A port nobody listens at now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(port: int) -> bool:
    """Whether somebody listens at the port of this machine."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int) -> None:
    """Until somebody listens there. Raises TimeoutError after half a minute."""
    until = time.monotonic() + 30
    while not answers(port):
        if time.monotonic() > until:
            raise TimeoutError(f"nobody listens at port {port}")
        time.sleep(0.1)


def run_sql(url: str, *statements: str) -> Any:
    """Run statements on a connection of their own; the last one's single value."""

    async def go() -> Any:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(go())


def _until_it_answers(url: str) -> None:
    """A server listens before it lets anybody in."""
    until = time.monotonic() + 30
    while True:
        try:
            run_sql(url, "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


class Servers:
    """Started on entering, stopped on leaving. `redis` and `redis-fsync` are ports, where Redis is installed."""

    def __init__(self, postgres: str | None = None, *, preload: str = "") -> None:
        """`postgres`: the URL of a server to use instead of one of our own; its settings are stated, not chosen.

        `preload`: a library that ours loads at its start.
        """
        self._preload = preload
        self.folder = Path(tempfile.mkdtemp(prefix="barback-bench-"))
        self.folder.chmod(0o755)
        self.postgres = postgres or ""
        self.redis: dict[str, int] = {}
        self.log: Path | None = None
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        if not self.postgres:
            self._start_postgres()
        for name, settings in REDIS_SETTINGS.items():
            if program := shutil.which("redis-server"):
                self.redis[name] = free_port()
                (folder := self.folder / name).mkdir()
                command = [program, "--port", str(self.redis[name]), "--dir", str(folder), *settings]
                self._start(command)
        for port in self.redis.values():
            wait_for(port)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, command: list[str], **more: Any) -> None:
        out = subprocess.DEVNULL
        self._processes.append(subprocess.Popen(command, stdin=out, stdout=out, stderr=out, **more))

    def _start_postgres(self) -> None:
        """A cluster of our own; PostgreSQL will not run as root, so root lends it the user postgres."""
        found = shutil.which("pg_config") and subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, check=True
        )
        homes = [
            *Path("/usr/lib/postgresql").glob("*/bin/initdb"),
            *([Path(found.stdout.strip(), "initdb")] if found else []),
        ]
        home = max((one.parent for one in homes if one.exists()), key=lambda one: int(re.sub(r"\D", "", str(one)) or 0))
        data, self.log = self.folder / "postgres", self.folder / "postgres.log"
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            as_whom = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        make = [home / "initdb", "-D", data, "-U", "postgres", "--auth", "trust", "-E", "UTF8", "--no-locale"]
        subprocess.run(make, check=True, capture_output=True, cwd="/", **as_whom)
        port = free_port()
        settings = {
            **POSTGRES_SETTINGS, "port": str(port), "listen_addresses": "127.0.0.1", "logging_collector": "off",
            "unix_socket_directories": str(self.folder), "log_line_prefix": "%d|", "timezone": "UTC",
            "shared_preload_libraries": self._preload,
        }  # fmt: skip
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            started = subprocess.Popen(
                [home / "postgres", "-D", data, *flags], stderr=log, stdout=log, cwd="/", **as_whom
            )
        self._processes.append(started)
        wait_for(port)
        self.postgres = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _until_it_answers(self.postgres)

    def has(self, store: str) -> bool:
        """Whether this machine has what an engine keeps its messages in."""
        return {"rabbitmq": answers(5672), "postgres": bool(self.postgres), "sqlite": True}.get(
            store, store in self.redis
        )

    def pids(self) -> list[int]:
        """The processes of the servers that we started, and of RabbitMQ."""
        beams = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _named(path, "beam.smp")]
        return [process.pid for process in self._processes] + beams

    def facts(self) -> dict[str, Any]:
        """Versions and settings, for the result."""
        names = [*POSTGRES_SETTINGS, "server_version", "autovacuum_naptime", "wal_sync_method"]
        settings = {name: run_sql(self.postgres, f"SHOW {name}") for name in names}
        redis = (
            subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=False)
            if self.redis
            else None
        )
        return {
            "postgres": settings,
            "postgres_is": "started for this run" if self.log else "given by --database",
            "redis": redis.stdout.split()[2] if redis else "not installed",
            "redis_settings": REDIS_SETTINGS,
            "rabbitmq": rabbit_version(),
        }

    def redis_ask(self, name: str, command: str) -> str:
        """What Redis answers to an inline command."""
        with socket.create_connection(("127.0.0.1", self.redis[name]), timeout=30) as link:
            link.sendall(command.encode() + b"\r\n")
            time.sleep(0.2)
            return link.recv(1 << 20).decode(errors="replace")


def rabbit_version() -> str:
    """RabbitMQ's version, from its greeting."""
    if not answers(5672):
        return "does not run"
    with socket.create_connection(("127.0.0.1", 5672), timeout=5) as link:
        link.sendall(b"AMQP\x00\x00\x09\x01")
        greeting = link.recv(4096)
    found = re.search(rb"versionS....([\d.]+)", greeting, re.DOTALL)
    return found.group(1).decode() if found else "?"


def _named(path: Path, name: str) -> bool:
    try:
        return (path / "comm").read_text().strip() == name
    except OSError:
        return False
