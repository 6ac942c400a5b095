"""A fresh, empty store for every measurement: a database, a file, an emptied Redis, a queue of its own."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

from benchmarks.queue.engines import Engine
from benchmarks.queue.servers import RABBIT, Servers, run_sql


class Stores:
    """Makes stores and throws them away."""

    def __init__(self, servers: Servers, envs: Path) -> None:
        self._servers = servers
        self._python = envs / "python" / "bin" / "python"

    def fresh(self, engine: Engine) -> str:
        """The URL of a new one, as the engine's program wants it."""
        name = f"bench_{uuid.uuid4().hex[:10]}"
        if engine.store == "postgres":
            run_sql(self._servers.postgres, f"CREATE DATABASE {name}")
            return self._servers.postgres.rpartition("/")[0] + "/" + name
        if engine.store == "sqlite":
            folder = self._servers.folder / name
            folder.mkdir()
            return f"sqlite:///{folder}/bench.db"
        if engine.store == "rabbitmq":
            return f"{RABBIT}/{'#' if engine.program == 'dramatiq_peer.py' else '/#'}{name}"
        self._servers.redis_ask(engine.store, "FLUSHALL")
        url = f"redis://127.0.0.1:{self._servers.redis[engine.store]}/0"
        return f"{url}#{name}" if engine.program == "celery_peer.py" else url

    def gone(self, engine: Engine, url: str) -> None:
        """Throw it away."""
        if engine.store == "postgres":
            run_sql(self._servers.postgres, f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
        elif engine.store == "sqlite":
            shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent, ignore_errors=True)
        elif engine.store == "rabbitmq":
            self._delete_queues(url.rpartition("#")[2])
        else:
            self._servers.redis_ask(engine.store, "FLUSHALL")

    def settle(self, engine: Engine) -> None:
        """What earlier runs left to write is written now, so that no measurement pays for its neighbour."""
        if engine.store == "postgres":
            run_sql(self._servers.postgres, "CHECKPOINT")

    def _delete_queues(self, name: str) -> None:
        code = (
            "import pika, sys\n"
            "channel = pika.BlockingConnection(pika.URLParameters(sys.argv[1])).channel()\n"
            "[channel.queue_delete(sys.argv[2] + end) for end in ('', '.DQ', '.XQ')]"
        )
        subprocess.run([self._python, "-c", code, RABBIT, name], check=False, capture_output=True)
